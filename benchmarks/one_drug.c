/* The psoriasis model under one drug, as lean as we could write it for deSolve: depot, blood and
   periphery of the drug, T17 cells, lesion. p[12] is 1 for an IL-17 drug, 0 for an IL-23 drug. */

#include <math.h>

static double p[14];

void begin(void (*given)(int *, double *)) {
  int count = 14;
  given(&count, p);
}

void slopes(int *count, double *t, double *y, double *change, double *out, int *whole) {
  const double absorbed = p[0] * y[0], back = p[3] * y[2] - p[2] * y[1];
  const double left = p[5] / (p[5] + y[1] / p[4]);
  const double a = p[12] == 1.0 ? 1.0 : left, b = p[12] == 1.0 ? left : 1.0;
  change[0] = -absorbed;
  change[1] = absorbed - p[1] * y[1] + back;
  change[2] = -back;
  change[3] = p[6] * (a * (1.0 - p[8] + p[8] * y[4]) - y[3]);
  change[4] = p[7] * (b * y[3] - (1.0 + p[9] * exp(-p[10] * *t)) * y[4]);
}

/* A dose enters the depot: p[13] mg of what is available. */
void dose(int *count, double *t, double *y) { y[0] += p[13]; }
