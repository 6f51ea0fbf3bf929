// What own answers say of a trial: the verdict of wholetrial.screening.own_answer, in the browser.
// A reply is a cell as in a table of people: "yes", "no", "now", "once", "since 2020-03",
// "until 2026-03-12", "from 2024-01 to 2024-03", "2", with "as KIND" or "stable since 2025-01".
// Days are whole numbers, counted from 1970; an interval of days is [earliest, latest].
function wholetrialScreening() {
  const NO = -1, UNKNOWN = 0, YES = 1;
  const FIRST = dayOf(1800, 1, 1), LAST = dayOf(2200, 12, 31), OLDEST = 120;

  function dayOf(year, month, day) {
    return Date.UTC(year, month - 1, day) / 86400000;
  }

  function partsOf(day) {
    const date = new Date(day * 86400000);
    return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  }

  function monthEnd(year, month) {
    return partsOf(dayOf(year, month + 1, 1) - 1)[2];
  }

  function moved(day, number, unit) {
    let found;
    if (unit === "day" || unit === "week") {
      found = day + number * (unit === "week" ? 7 : 1);
    } else {
      const [year, month, date] = partsOf(day);
      const months = year * 12 + month - 1 + number * (unit === "year" ? 12 : 1);
      const to = Math.floor(months / 12), of = months - to * 12 + 1;
      if (!(to >= 1800 && to <= 2200)) return number < 0 ? FIRST : LAST;
      found = dayOf(to, of, Math.min(date, monthEnd(to, of)));
    }
    return Math.min(Math.max(found, FIRST), LAST);
  }

  function before(day, length) {
    return moved(day, -length[0], length[1]);
  }

  // "2024", "2024-03" or "2024-03-12" as an interval; null where there is no such day.
  function readDays(text) {
    const match = /^(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?$/.exec(text.trim());
    if (!match) return null;
    const year = Number(match[1]);
    if (year < 1800 || year >= 2200) return null;
    if (match[2] === undefined) return [dayOf(year, 1, 1), dayOf(year, 12, 31)];
    const month = Number(match[2]);
    if (month < 1 || month > 12) return null;
    if (match[3] === undefined) return [dayOf(year, month, 1), dayOf(year, month, monthEnd(year, month))];
    const date = Number(match[3]);
    if (date < 1 || date > monthEnd(year, month)) return null;
    return [dayOf(year, month, date), dayOf(year, month, date)];
  }

  // What a cell says on a day; what is known in part does not lie after it.
  function readFact(cell, today) {
    const fact = { yes: true, kind: null, value: null, start: null, last: null, steady: null, ended: false };
    const upTo = (days) => (days && days[0] <= today ? [days[0], Math.min(days[1], today)] : days);
    let body = cell.trim(), tail;
    while ((tail = /\s+(as|stable since)\s+(\S+)$/.exec(body))) {
      if (tail[1] === "as") fact.kind = tail[2];
      else fact.steady = upTo(readDays(tail[2]));
      body = body.slice(0, tail.index);
    }
    const days = (text) => upTo(readDays(text));
    const [word, first, , second] = body.split(" ");
    if (/^\d{1,3}$/.test(body)) {
      fact.value = Number(body);
      fact.yes = fact.value > 0;
    } else if (word === "no") fact.yes = false;
    else if (word === "now") fact.start = [FIRST, today];
    else if (word === "once") [fact.last, fact.ended] = [[FIRST, today], true];
    else if (word === "since") fact.start = days(first);
    else if (word === "until") [fact.last, fact.ended] = [days(first), true];
    else if (word === "from") [fact.start, fact.last, fact.ended] = [days(first), days(second), true];
    return fact;
  }

  function meets(sign, low, high, value) {
    switch (sign) {
      case ">=": return value >= low;
      case "<=": return value <= low;
      case ">": return value > low;
      case "<": return value < low;
      case "=": return value === low;
      default: return low <= value && value <= (high === null ? low : high);
    }
  }

  function completed(unit, start, end) {
    const days = { day: 1, week: 7, month: 30.436875, year: 365.2425 }[unit];
    let guess = Math.trunc((end - start) / days) + 1;
    while (moved(start, guess, unit) > end) guess -= 1;
    return guess;
  }

  function bornOf(cell, today) {
    const days = cell ? readDays(cell) : null;
    if (!days || days[0] > today || days[1] < moved(today, -OLDEST, "year")) return null;
    return [days[0], Math.min(days[1], today)];
  }

  function age(born, unit, sign, low, high, today) {
    if (!born) return UNKNOWN;
    const told = new Set();
    const oldest = completed(unit, born[0], today);
    for (let years = completed(unit, born[1], today); years <= oldest; years += 1) {
      told.add(meets(sign, low, high, years));
    }
    return told.size > 1 ? UNKNOWN : told.has(true) ? YES : NO;
  }

  const between = (surely, perhaps) => (surely ? YES : perhaps ? UNKNOWN : NO);
  const longEnough = (start, needed, longer) => (longer ? start < needed : start <= needed);
  const firstStart = (fact) => (fact.start ? fact.start[0] : FIRST);
  const lastStart = (fact, today) =>
    fact.start ? fact.start[1] : fact.last ? Math.min(fact.last[1], today) : today;

  function lastDays(fact, today) {
    if (fact.last) return fact.last;
    if (fact.ended) return [firstStart(fact), today];
    return [fact.start ? LAST : FIRST, LAST];
  }

  function happened(fact, how, today) {
    const s1 = firstStart(fact), s2 = lastStart(fact, today), [l1, l2] = lastDays(fact, today);
    let surely = s2 <= today, perhaps = s1 <= today;
    if (how.within) {
      const after = before(today, how.within);
      surely = surely && l1 > after;
      perhaps = perhaps && l2 > after;
    }
    if (how.span) {
      surely = surely && longEnough(s2, before(Math.min(l1, today), how.span), how.longer);
      perhaps = perhaps && longEnough(s1, before(Math.min(l2, today), how.span), how.longer);
    }
    return between(surely, perhaps);
  }

  function holds(fact, how, today) {
    const s1 = firstStart(fact), s2 = lastStart(fact, today), [l1, l2] = lastDays(fact, today);
    let surely = s2 <= today && (!fact.ended || l1 >= today);
    let perhaps = s1 <= today && (!fact.ended || l2 >= today);
    if (!fact.start && !fact.last && !fact.ended) surely = true;
    if (how.stable || how.span) {
      const since = how.stable ? fact.steady : fact.start;
      const needed = how.span ? before(today, how.span) : today;
      const longer = Boolean(how.longer && how.span);
      surely = surely && since !== null && longEnough(since[1], needed, longer);
      perhaps = perhaps && (since === null || longEnough(since[0], needed, longer));
    }
    return between(surely, perhaps);
  }

  // How a yes fits what an atom asks; what is excepted does not count, and may be what is meant.
  function fitting(fact, how, test, today) {
    if (!fact.yes || (how.except && fact.kind === how.except)) return NO;
    const truth = test(fact, how, today);
    return how.except && fact.kind === null ? Math.min(truth, UNKNOWN) : truth;
  }

  function counted(fact, times) {
    if (!fact.yes) return NO;
    if (fact.value !== null) return fact.value >= times ? YES : NO;
    return times <= 1 ? YES : UNKNOWN;
  }

  function atom(tree, person) {
    const { today } = person;
    switch (tree[0]) {
      case "age":
        return age(person.born, tree[1], tree[2], tree[3], tree[4], today);
      case "weight":
        return person.weight === null ? UNKNOWN : meets(tree[1], tree[2], tree[3], person.weight) ? YES : NO;
      case "sex":
        return person.sex === null ? UNKNOWN : person.sex === tree[1] ? YES : NO;
    }
    const fact = person.facts[tree[1]], how = tree[2];
    if (tree[0] === "said") return fact ? (fact.yes ? YES : NO) : UNKNOWN;
    if (tree[0] === "holds") {
      const truth = fact ? fitting(fact, how, holds, today) : UNKNOWN;
      if (how.women && person.sex === "male") return fact && truth !== NO ? UNKNOWN : NO;
      return truth;
    }
    const truth = !fact ? UNKNOWN : how.times ? counted(fact, how.times) : fitting(fact, how, happened, today);
    return how.never ? -truth : truth;
  }

  const pairs = (one, other) => one.flatMap((a) => other.map((b) => [a, b]));
  const distinct = (values) => [...new Set(values)];

  // Every value that a tree may have, where an atom of the visit may have any of `visit`.
  function values(tree, person, visit) {
    if (tree[0] === "visit") return visit;
    const inner = () => tree.slice(1).map((part) => values(part, person, visit));
    const fold = (join) =>
      inner().reduce((found, more) => distinct(pairs(found, more).map(([a, b]) => join(a, b))));
    const both = (join) => {
      const [a, b] = inner();
      return distinct(pairs(a, b).map(([x, y]) => join(x, y)));
    };
    switch (tree[0]) {
      case "all": return fold(Math.min);
      case "any": return fold(Math.max);
      case "not": return inner()[0].map((value) => -value);
      case "if": return both((a, b) => Math.max(-a, b));
      case "unless": return both((a, b) => Math.min(a, -b));
      case "at least": return atLeast(tree[1], tree.slice(2).map((part) => values(part, person, visit)));
      default: return [atom(tree, person)];
    }
  }

  function atLeast(needed, inner) {
    let counts = [[0, 0]];
    for (const more of inner) {
      const next = pairs(counts, more).map(([[s, p], v]) => [s + (v === YES), p + (v !== NO)]);
      counts = [...new Map(next.map((pair) => [pair.join(), pair])).values()];
    }
    return distinct(counts.map(([s, p]) => (s >= needed ? YES : p >= needed ? UNKNOWN : NO)));
  }

  function verdictOf(criterion, person) {
    let rule = criterion.rule;
    const includes = criterion.kind === "include";
    if (rule[0] === "if") {
      if (values(rule[1], person, [UNKNOWN])[0] === NO) return { verdict: "not applicable", atVisit: false };
      if (!includes) rule = ["all", rule[1], rule[2]];
    }
    const truth = values(rule, person, [UNKNOWN])[0];
    if (truth !== UNKNOWN) {
      return { verdict: (truth === YES) === includes ? "allows" : "blocks", atVisit: false };
    }
    const free = [NO, YES];
    const skipped = criterion.rule[0] === "if" && values(criterion.rule[1], person, free).includes(NO);
    const may = skipped || values(rule, person, free).includes(includes ? YES : NO);
    return { verdict: "unknown", atVisit: may };
  }

  function personOf(form, replies, today) {
    const said = (about) => (Object.hasOwn(replies, about) ? replies[about] : "");
    const person = { today, born: bornOf(said("born"), today), sex: null, weight: null, facts: Object.create(null) };
    for (const question of form.questions) {
      const cell = said(question.about);
      if (!cell) continue;
      if (question.kind === "sex") person.sex = cell;
      else if (question.kind === "number" && question.unit === "kg") person.weight = Number.parseFloat(cell);
      else if (question.kind !== "day") person.facts[question.about] = readFact(cell, today);
    }
    return person;
  }

  // The verdict on all criteria. `replies` is a cell by question, `today` an ISO day.
  function screened(form, replies, today) {
    const person = personOf(form, replies, readDays(today)[0]);
    const criteria = form.criteria.map((one) => ({ name: one.name, ...verdictOf(one, person) }));
    const blocked = criteria.some((one) => one.verdict === "blocks");
    const open = criteria.some((one) => one.verdict === "unknown" && !one.atVisit);
    return { says: blocked ? "does not fit" : open ? "not clear" : "may fit", criteria };
  }

  // The first later day on which a criterion that blocks today allows, nothing but time changing.
  function waitUntil(form, replies, today, name) {
    const person = personOf(form, replies, readDays(today)[0]);
    const criterion = form.criteria.find((one) => one.name === name);
    for (let day = person.today + 1; day <= moved(person.today, 10, "year"); day += 1) {
      const { verdict } = verdictOf(criterion, { ...person, today: day });
      if (verdict === "allows" || verdict === "not applicable") {
        return partsOf(day).map((part) => String(part).padStart(2, "0")).join("-");
      }
    }
    return null;
  }

  return { screened, waitUntil, readDays };
}
