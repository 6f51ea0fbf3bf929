// Private notes: kept on this device only, shared as a file or link that a passcode opens.
//
// A shared note is bytes: "WTN1", 16 of salt, 12 of IV, 4 with the length of the rest (big-endian),
// then AES-256-GCM of the padded text, those 36 bytes authenticated with it. The key is PBKDF2 of
// the passcode (UTF-8, NFC) with HMAC-SHA-256, 600,000 rounds. The text is JSON in UTF-8, filled up
// with spaces to whole blocks of 512 bytes, so that its length tells little.
function wholetrialNotes(trial) {
  const place = document.getElementById("notes");
  const prefix = `wholetrial:note:${trial}:`;
  const MARK = [87, 84, 78, 49], ROUNDS = 600000, BLOCK = 512, HEAD = 36, LARGEST = 1000000;
  const listed = document.getElementById("note-list");
  const said = document.getElementById("note-says");
  const memory = new Map();
  const encoder = new TextEncoder();

  function say(text) {
    said.textContent = text;
    said.hidden = !text;
  }

  // Each note has its own key, so that two tabs never write over each other's notes.
  function keep(note) {
    try {
      localStorage.setItem(prefix + note.id, JSON.stringify(note));
      memory.delete(note.id);
      return true;
    } catch {
      memory.set(note.id, note);
      return false;
    }
  }

  function drop(id) {
    memory.delete(id);
    try {
      localStorage.removeItem(prefix + id);
    } catch {
      // It was kept on the page only.
    }
  }

  function readNote(text) {
    try {
      const note = JSON.parse(text);
      return note && typeof note.text === "string" && typeof note.id === "string" ? note : null;
    } catch {
      return null;
    }
  }

  function notes() {
    const found = new Map();
    try {
      for (let place = 0; place < localStorage.length; place += 1) {
        const key = localStorage.key(place);
        const note = key.startsWith(prefix) ? readNote(localStorage.getItem(key)) : null;
        if (note) found.set(note.id, note);
      }
    } catch {
      // Only what is in memory.
    }
    for (const [id, note] of memory) found.set(id, note);
    return [...found.values()].sort((a, b) => String(a.made).localeCompare(String(b.made)));
  }

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function button(text, act) {
    const made = element("button", text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  }

  // The text that a note belongs to, found again by its words.
  function rangeOf(quote) {
    const root = document.querySelector("main");
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const nodes = [];
    let text = "";
    while (walker.nextNode()) {
      if (place.contains(walker.currentNode)) continue;
      nodes.push([text.length, walker.currentNode]);
      text += walker.currentNode.data;
    }
    const start = quote ? text.indexOf(quote) : -1;
    if (start < 0) return null;
    const at = (offset) => {
      const [from, node] = nodes.filter(([first]) => first <= offset).pop();
      return [node, Math.min(offset - from, node.data.length)];
    };
    const range = document.createRange();
    range.setStart(...at(start));
    const [node, end] = at(start + quote.length - 1);
    range.setEnd(node, Math.min(end + 1, node.data.length));
    return range;
  }

  function highlight(all) {
    if (!window.Highlight || !CSS.highlights) return;
    const ranges = all.map((note) => rangeOf(note.quote)).filter(Boolean);
    CSS.highlights.set("note", new Highlight(...ranges));
  }

  function show() {
    const all = notes();
    listed.replaceChildren(...all.map(shownNote));
    document.getElementById("no-notes").hidden = all.length > 0;
    document.getElementById("share-all").hidden = all.length < 2 || !crypto.subtle;
    highlight(all);
  }

  function shownNote(note) {
    const item = element("li");
    if (note.quote) item.append(element("blockquote", note.quote));
    const text = element("p", note.text, "note-text");
    text.dir = "auto";
    item.append(text);
    const row = element("div", "", "buttons");
    if (crypto.subtle) row.append(button("Share", () => openShare([note])));
    row.append(button("Delete", () => { drop(note.id); show(); say("The note was deleted."); }));
    item.append(row);
    return item;
  }

  let quote = "";
  const MOST_QUOTED = 400;
  document.addEventListener("selectionchange", () => {
    const selection = document.getSelection();
    const text = String(selection).trim();
    const inMain = selection.anchorNode && document.querySelector("main").contains(selection.anchorNode);
    if (!text || !inMain || place.contains(selection.anchorNode)) return;
    quote = selection.getRangeAt(0).toString().slice(0, MOST_QUOTED);
    showQuote();
  });

  function showQuote() {
    const shown = document.getElementById("note-quote");
    shown.textContent = quote;
    shown.hidden = !quote;
    document.getElementById("note-unquote").hidden = !quote;
  }

  document.getElementById("note-unquote").addEventListener("click", () => { quote = ""; showQuote(); });
  document.getElementById("note-add").addEventListener("click", () => {
    const input = document.getElementById("note-text");
    const text = input.value.trim();
    if (!text) {
      say("Please write something first.");
      input.focus();
      return;
    }
    const kept = keep({ id: crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`, text, quote, made: new Date().toISOString() });
    input.value = "";
    quote = "";
    showQuote();
    show();
    say(kept ? "The note is kept on this device."
      : "This browser keeps nothing more here: the note is lost when you close the page. Copy it or share it first.");
  });
  window.addEventListener("storage", (event) => {
    if (event.key === null || event.key.startsWith(prefix)) show();
  });

  // Sharing.

  async function keyOf(passcode, salt) {
    const words = encoder.encode(passcode.normalize("NFC"));
    const base = await crypto.subtle.importKey("raw", words, "PBKDF2", false, ["deriveKey"]);
    const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS };
    return crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  }

  async function seal(shared, passcode) {
    const text = encoder.encode(JSON.stringify(shared));
    const padded = new Uint8Array(Math.ceil((text.length + 1) / BLOCK) * BLOCK).fill(32);
    padded.set(text);
    const head = new Uint8Array(HEAD);
    head.set(MARK);
    crypto.getRandomValues(head.subarray(4, 32));
    new DataView(head.buffer).setUint32(32, padded.length + 16);
    const key = await keyOf(passcode, head.slice(4, 20));
    const how = { name: "AES-GCM", iv: head.slice(20, 32), additionalData: head };
    const sealed = new Uint8Array(await crypto.subtle.encrypt(how, key, padded));
    const whole = new Uint8Array(HEAD + sealed.length);
    whole.set(head);
    whole.set(sealed, HEAD);
    return whole;
  }

  // What is wrong with the bytes of a shared note before any passcode is tried; "" for nothing.
  function problemOf(bytes) {
    if (bytes.length > LARGEST) return "This file is too large to be a shared note.";
    if (MARK.some((sign, place) => bytes[place] !== sign)) return "This is not a shared note.";
    const size = bytes.length < HEAD ? -1 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(32);
    if (bytes.length < HEAD || bytes.length < HEAD + size) return "A part of this note is missing. Ask for it again.";
    return bytes.length > HEAD + size ? "This note was changed on its way. Ask for it again." : "";
  }

  async function unseal(bytes, passcode) {
    const head = bytes.slice(0, HEAD);
    const key = await keyOf(passcode, head.slice(4, 20));
    const how = { name: "AES-GCM", iv: head.slice(20, 32), additionalData: head };
    const text = new TextDecoder().decode(await crypto.subtle.decrypt(how, key, bytes.slice(HEAD)));
    return JSON.parse(text.trimEnd());
  }

  const toText = (bytes) =>
    btoa(Array.from(bytes, (one) => String.fromCharCode(one)).join(""))
      .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  function toBytes(text) {
    try {
      const plain = atob(text.trim().replaceAll("-", "+").replaceAll("_", "/"));
      return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
    } catch {
      return new Uint8Array(0);
    }
  }

  function newPasscode() {
    const signs = "abcdefghjkmnpqrstuvwxyz23456789";
    let made = "";
    while (made.length < 16) {
      const [one] = crypto.getRandomValues(new Uint8Array(1));
      if (one < signs.length * 8) made += signs[one % signs.length];
    }
    return made.match(/.{4}/g).join("-");
  }

  const sharing = document.getElementById("share");
  const passcode = document.getElementById("share-passcode");
  let toShare = [];

  function openShare(chosen) {
    toShare = chosen;
    sharing.hidden = false;
    document.getElementById("share-result").replaceChildren();
    passcode.value = newPasscode();
    passcode.focus();
    passcode.select();
  }

  async function sealed() {
    const word = passcode.value;
    if (word.length < 8) {
      say("The passcode needs 8 signs or more.");
      passcode.focus();
      return null;
    }
    say("One moment.");
    const bytes = await seal({ trial, notes: toShare.map(({ text, quote: words }) => ({ text, quote: words })) }, word);
    say("Done. Tell the passcode in another way than the note: by phone, for example.");
    return bytes;
  }

  document.getElementById("share-all").addEventListener("click", () => openShare(notes()));
  document.getElementById("share-close").addEventListener("click", () => { sharing.hidden = true; say(""); });
  document.getElementById("share-file").addEventListener("click", async () => {
    const bytes = await sealed();
    if (!bytes) return;
    const link = element("a", "Save the file");
    link.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
    link.download = `note-${trial}.wtn`;
    document.getElementById("share-result").replaceChildren(link);
    link.click();
  });
  document.getElementById("share-link").addEventListener("click", async () => {
    const bytes = await sealed();
    if (!bytes) return;
    const address = `${location.href.split("#")[0]}#note=${toText(bytes)}`;
    const shown = element("textarea");
    shown.readOnly = true;
    shown.value = address;
    shown.setAttribute("aria-label", "The link");
    document.getElementById("share-result").replaceChildren(shown);
    shown.focus();
    shown.select();
  });

  // Opening what somebody shared.

  const opening = document.getElementById("open");
  const opened = document.getElementById("opened");
  let received = null;

  function receive(bytes) {
    const problem = problemOf(bytes);
    received = problem ? null : bytes;
    opened.replaceChildren();
    opening.hidden = Boolean(problem);
    say(problem || "Somebody shared a note with you. Type the passcode to read it.");
    if (received) document.getElementById("open-passcode").focus();
  }

  document.getElementById("open-file").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    receive(file.size > LARGEST ? new Uint8Array(LARGEST + 1) : new Uint8Array(await file.arrayBuffer()));
    event.target.value = "";
  });
  document.getElementById("open-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const input = document.getElementById("open-passcode");
    if (!received) return;
    say("One moment.");
    let shared;
    try {
      shared = await unseal(received, input.value);
    } catch {
      say("This passcode does not open the note, or the note was changed on its way.");
      return;
    }
    input.value = "";
    showReceived(shared);
  });

  function showReceived(shared) {
    const found = (Array.isArray(shared && shared.notes) ? shared.notes : [])
      .filter((note) => note && typeof note.text === "string");
    opened.replaceChildren(element("h3", "Shared with you"));
    for (const note of found) {
      const box = element("div", "", "received");
      if (typeof note.quote === "string" && note.quote) box.append(element("blockquote", note.quote));
      box.append(element("p", note.text, "note-text"));
      opened.append(box);
    }
    say(shared.trial === trial ? "" : `This note is about another trial: ${String(shared.trial).slice(0, 60)}.`);
    opened.append(button("Keep these notes on this device", () => {
      const kept = found.map((note) => keep({ id: crypto.randomUUID(), text: note.text, quote: typeof note.quote === "string" ? note.quote : "", made: new Date().toISOString() }));
      opened.replaceChildren();
      opening.hidden = true;
      show();
      say(kept.every(Boolean) ? "The notes are kept on this device." : "This browser keeps nothing more here: the notes are lost when you close the page.");
    }));
  }

  function fromAddress() {
    const match = /^#note=([A-Za-z0-9_-]*)$/.exec(location.hash);
    if (!match) return;
    if (crypto.subtle) receive(toBytes(match[1]));
    else say("A note was shared with you, but this address cannot open it: it is not encrypted (http). Open the page by https or from a file.");
    place.scrollIntoView();
  }

  if (!crypto.subtle) {
    document.getElementById("no-crypto").hidden = false;
    document.getElementById("open-field").hidden = true;
  }
  place.hidden = false;
  window.addEventListener("hashchange", fromAddress);
  show();
  fromAddress();
}
