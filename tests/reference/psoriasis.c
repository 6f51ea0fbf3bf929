/* The two-state psoriasis model with both drugs as compartments, for deSolve.

   States: depot, blood and periphery of ixekizumab (mg); depot and blood of ustekinumab (mg); T17
   cells; lesion. Written from the equations of the model card, apart from the program's own code. */

#include <math.h>

static double p[15];

void begin(void (*given)(int *, double *)) {
  int count = 15;
  given(&count, p);
}

void slopes(int *count, double *t, double *y, double *change, double *out, int *whole) {
  const double ka = p[0], cl = p[1], v1 = p[2], q = p[3], v2 = p[4], half_17 = p[5];
  const double ka_23 = p[6], cl_23 = p[7], v_23 = p[8], half_23 = p[9];
  const double kt = p[10], kout = p[11], phi = p[12], placebo = p[13], fading = p[14];
  const double blood = y[1] / v1, tissue = y[2] / v2, blood_23 = y[4] / v_23;
  const double left_17 = half_17 / (half_17 + blood), left_23 = half_23 / (half_23 + blood_23);
  change[0] = -ka * y[0];
  change[1] = ka * y[0] - cl * blood - q * (blood - tissue);
  change[2] = q * (blood - tissue);
  change[3] = -ka_23 * y[3];
  change[4] = ka_23 * y[3] - cl_23 * blood_23;
  change[5] = kt * (left_23 * (1.0 - phi + phi * y[6]) - y[5]);
  change[6] = kout * (left_17 * y[5] - (1.0 + placebo * exp(-fading * *t)) * y[6]);
}
