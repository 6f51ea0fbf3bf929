"use strict";
(function () {
  const words = document.getElementById("words"), status = document.getElementById("status");
  const rows = [...document.querySelectorAll(".trials > li")];
  function show() {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const fits = wanted.every((word) => row.dataset.words.includes(word));
      row.hidden = !fits || (status.value !== "" && row.dataset.status !== status.value);
      count += row.hidden ? 0 : 1;
    }
    document.getElementById("count").textContent = `${count} ${count === 1 ? "trial" : "trials"}`;
  }
  const form = document.getElementById("filter");
  form.hidden = false;
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
})();
