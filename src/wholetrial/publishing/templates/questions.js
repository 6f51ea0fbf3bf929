// The questions: answers stay in this tab, the verdict is told as they come.
function wholetrialQuestions(form, screening) {
  const root = document.getElementById("questions");
  const verdict = document.getElementById("verdict");
  const key = `wholetrial:answers:${form.trial}`;
  const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August",
    "September", "October", "November", "December"];

  function today() {
    const now = new Date();
    const two = (number) => String(number).padStart(2, "0");
    return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  }

  function inWords(text) {
    const [year, month, day] = text.split("-").map(Number);
    return [day, month && MONTHS[month - 1], year].filter(Boolean).join(" ");
  }

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  const field = (name) => root.elements[name];
  const chosen = (name) => (field(name) ? field(name).value : "");

  // A day as it was typed: "" where nothing stands there; `wrong` says what to change.
  function dayTyped(name) {
    const year = chosen(`${name}-year`).trim(), month = chosen(`${name}-month`), day = chosen(`${name}-day`).trim();
    let wrong = "", text = "";
    if (year || month || day) {
      text = [year, month, day && day.padStart(2, "0")].filter(Boolean).join("-");
      const days = /^\d{4}$/.test(year) && !(day && !month) ? screening.readDays(text) : null;
      if (!year) wrong = "Please add the year.";
      else if (day && !month) wrong = "Please add the month.";
      else if (!days) wrong = "There is no such day. Please check it.";
      else if (days[0] > screening.readDays(today())[0]) wrong = "This day has not come yet.";
    }
    return { text: wrong ? "" : text, wrong };
  }

  function tell(name, wrong) {
    const place = document.getElementById(`${name}-wrong`);
    if (!place) return;
    if (place.textContent !== wrong) place.textContent = wrong;
    place.hidden = !wrong;
    for (const part of ["", "-year", "-month", "-day"]) {
      const input = field(name + part);
      if (input instanceof Element) input.setAttribute("aria-invalid", wrong ? "true" : "false");
    }
  }

  function typed(name) {
    const found = dayTyped(name);
    tell(name, found.wrong);
    return found.text;
  }

  function spanOf(question) {
    const { id, details } = question;
    const goesOn = details.includes("last") && field(`${id}-goes-on`).checked;
    const since = details.includes("since") ? typed(`${id}-since`) : "";
    const last = details.includes("last") && !goesOn ? typed(`${id}-last`) : "";
    if (goesOn) tell(`${id}-last`, "");
    const unknown = details.includes("last") && question.past ? "once" : "yes";
    if (since && (goesOn || !details.includes("last"))) return `since ${since}`;
    if (goesOn) return "now";
    if (since && last) {
      const ends = screening.readDays(last)[1], begins = screening.readDays(since)[0];
      tell(`${id}-last`, ends < begins ? "This is before it began. Please check it." : "");
      return ends < begins ? unknown : `from ${since} to ${last}`;
    }
    return last ? `until ${last}` : unknown;
  }

  function numberTyped(question) {
    const text = chosen(question.id).trim().replace(",", ".");
    const whole = question.unit === "times";
    const most = whole ? 999 : 400;
    const fine = (whole ? /^\d{1,3}$/ : /^\d{1,3}(\.\d{1,3})?$/).test(text) && Number(text) <= most;
    tell(question.id, text && !fine ? `Please type a number from 0 to ${most}.` : "");
    if (!text || !fine) return "";
    return whole ? String(Number(text)) : `${Number(text)} kg`;
  }

  // The reply to a question, as a cell of a table of people; "" where there is none.
  function replyTo(question) {
    const { id, kind, details } = question;
    if (kind === "day") return bornTyped(id);
    if (kind === "number") return numberTyped(question);
    const said = chosen(id);
    if (kind === "sex" || said !== "yes") return said === "unsure" ? "" : said;
    const which = details.includes("which") ? chosen(`${id}-which`) : "";
    const unchanged = details.includes("unchanged") ? typed(`${id}-unchanged`) : "";
    return spanOf(question) + (which && which !== "unsure" ? ` as ${which}` : "")
      + (unchanged ? ` stable since ${unchanged}` : "");
  }

  function bornTyped(id) {
    const text = typed(id);
    if (!text) return "";
    const oldest = Number(today().slice(0, 4)) - 120;
    const wrong = Number(text.slice(0, 4)) < oldest ? "Please check the year." : "";
    tell(id, wrong);
    return wrong ? "" : text;
  }

  function showDetails(question) {
    const details = document.getElementById(`${question.id}-details`);
    if (!details) return;
    details.hidden = chosen(question.id) !== "yes";
    const days = document.getElementById(`${question.id}-last-days`);
    if (days) days.disabled = field(`${question.id}-goes-on`).checked;
  }

  function replies() {
    return Object.fromEntries(form.questions.map((question) => [question.about, replyTo(question)]));
  }

  const HEADS = {
    "may fit": "You may fit this trial.",
    "not clear": "Not clear yet.",
    "does not fit": "By your answers, this trial does not fit you now.",
  };
  const NEXT = {
    "may fit": "This is not a promise. The study team decides.",
    "not clear": "More answers are needed to tell.",
    "does not fit": "You can still talk with the study team or your doctor.",
  };

  function list(heading, lines) {
    const box = element("div");
    if (!lines.length) return box;
    box.append(element("h3", heading), element("ul"));
    for (const line of lines) box.lastChild.append(element("li", line));
    return box;
  }

  function reasons(found, given) {
    const named = new Map(form.criteria.map((one) => [one.name, one]));
    const of = (test) => found.criteria.filter(test).map((one) => named.get(one.name));
    const blocked = of((one) => one.verdict === "blocks").map((one) => {
      const day = screening.waitUntil(form, given, today(), one.name);
      const needed = one.kind === "include" ? "Needed" : "Not allowed";
      return `${needed}: ${one.text}${one.means ? ` (${one.means})` : ""}.${day ? ` From ${inWords(day)} this would no longer stand in the way.` : ""}`;
    });
    const open = of((one) => one.verdict === "unknown" && !one.atVisit).map((one) => `${one.text}.`);
    const later = of((one) => one.atVisit).map((one) => `${one.text}.`);
    if (form.hidden) later.push("The source does not show all rules of this trial. The team knows the rest.");
    return [
      list("Why", blocked),
      list("Still open: your answers", found.says === "does not fit" ? [] : open),
      list("What the team will check", found.says === "does not fit" ? [] : later),
    ];
  }

  let shown = "";
  function show() {
    form.questions.forEach(showDetails);
    const given = replies();
    const answered = Object.values(given).some(Boolean);
    const found = screening.screened(form, given, today());
    const now = JSON.stringify([given, found.says]);
    document.getElementById("summary-buttons").hidden = !answered;
    if (now === shown) return;
    shown = now;
    verdict.dataset.says = answered ? found.says : "";
    verdict.replaceChildren();
    if (!answered) {
      verdict.append(element("p", "Answer what you can. The result shows here."));
    } else {
      verdict.append(element("p", HEADS[found.says], "head"), element("p", NEXT[found.says]));
      verdict.append(...reasons(found, given));
    }
    document.dispatchEvent(new CustomEvent("wholetrial:answers"));
  }

  function sayReply(question) {
    const reply = replyTo(question);
    if (!reply) return "not sure or no answer";
    const names = Object.fromEntries(question.exceptions);
    return reply
      .replace(/ as (\S+)/, (_, name) => (name === "other" ? ", another kind" : `, ${names[name] || name}`))
      .replace("stable since", ", no change since")
      .replace(/^now/, "yes, it goes on").replace(/^once/, "yes, day not known")
      .replace(/^(since|until|from) /, "yes, $1 ")
      .replace(/\d{4}-\d{2}(-\d{2})?/g, inWords)
      .replace(/ ,/g, ",");
  }

  // The summary in lines, for paper and for a letter.
  function summaryLines() {
    const found = screening.screened(form, replies(), today());
    const told = form.questions.map((question) => `${question.text} ${sayReply(question)}`);
    return { says: HEADS[found.says], told, on: inWords(today()) };
  }

  function fillSummary() {
    const place = document.getElementById("summary");
    const { says, told, on } = summaryLines();
    place.replaceChildren(
      element("h2", "My answers, to take to a doctor"),
      element("p", `${document.querySelector("h1").textContent} (${form.trial}), ${on}`),
      element("p", says, "head"),
      list("What I answered", told),
      ...reasons(screening.screened(form, replies(), today()), replies()),
      element("p", "Only the study team can say who can join. This is not medical advice."),
    );
  }

  // What was chosen and typed, so that a page that is loaded again does not lose it.
  function keep() {
    const state = {};
    for (const input of root.elements) {
      if (!input.name || input.disabled) continue;
      if (input.type === "radio" || input.type === "checkbox") {
        if (input.checked) state[input.name] = input.type === "radio" ? input.value : "on";
      } else if (input.value) state[input.name] = input.value;
    }
    try {
      sessionStorage.setItem(key, JSON.stringify(state));
    } catch {
      // The answers stay on the page as long as it is open.
    }
  }

  function restore() {
    let state = {};
    try {
      state = JSON.parse(sessionStorage.getItem(key) || "{}") || {};
    } catch {
      state = {};
    }
    for (const input of root.elements) {
      const value = input.name && Object.hasOwn(state, input.name) ? state[input.name] : null;
      if (typeof value !== "string") continue;
      if (input.type === "checkbox") input.checked = value === "on";
      else if (input.type === "radio") input.checked = input.value === value;
      else input.value = value;
    }
  }

  function clear() {
    root.reset();
    try {
      sessionStorage.removeItem(key);
    } catch {
      // Nothing was kept.
    }
    form.questions.forEach((question) => ["", "-since", "-last", "-unchanged"].forEach((part) => tell(question.id + part, "")));
    show();
    document.getElementById("fit").querySelector("h2").focus();
  }

  root.addEventListener("submit", (event) => event.preventDefault());
  root.addEventListener("input", () => { show(); keep(); });
  document.getElementById("clear-responses").addEventListener("click", clear);
  document.getElementById("print-summary").addEventListener("click", () => {
    fillSummary();
    document.body.classList.add("only-summary");
    window.print();
  });
  window.addEventListener("afterprint", () => document.body.classList.remove("only-summary"));
  document.getElementById("fit").hidden = false;
  restore();
  show();
  return { summaryLines, answered: () => verdict.dataset.says !== "", replies };
}
