"use strict";
{{ screening }}
{{ questions }}
{{ notes }}
(function () {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const screening = wholetrialScreening();
  window.wholetrial = { ...screening };
  const form = read("form-data");
  const asked = document.getElementById("questions") ? wholetrialQuestions(form, screening) : null;
  if (asked) window.wholetrial.replies = asked.replies;
  wholetrialNotes(form.trial);

  // On paper, what is folded is open.
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    folded.forEach((one) => { one.open = true; });
  });
  window.addEventListener("afterprint", () => folded.forEach((one) => { one.open = false; }));

  // The letter to the study team, with the answers where the writer wants them in it.
  const letter = document.getElementById("letter");
  const withAnswers = document.getElementById("letter-answers");
  if (letter && asked) {
    const plain = letter.getAttribute("href");
    const write = () => {
      const { says, told, on } = asked.summaryLines();
      const more = `\r\n\r\nMy answers on the page, ${on}: ${says}\r\n${told.join("\r\n")}\r\n`;
      letter.setAttribute("href", withAnswers.checked ? plain + encodeURIComponent(more) : plain);
    };
    withAnswers.closest("p").hidden = false;
    withAnswers.addEventListener("change", write);
    document.addEventListener("wholetrial:answers", write);
    write();
  }
})();
