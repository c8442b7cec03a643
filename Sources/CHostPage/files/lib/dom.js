// What every part of the page needs of the browser.

export const $ = (id) => document.getElementById(id);

/**
 * Makes an element: make("p.soft", { title: "…" }, "text", more). Keys that begin with "on" are listeners, with "--" style
 * variables, all others properties or attributes. What is null, undefined or false is left out.
 */
export function make(name, ...children) {
  const [tag, ...classes] = name.split("."), element = document.createElement(tag);
  const given = children[0]?.constructor === Object ? children.shift() : {};
  if (classes.length) element.className = classes.join(" ");
  if (children.length) fill(element, ...children);
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined || value === null) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key.startsWith("--")) element.style.setProperty(key, value);
    else if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  return element;
}

/** Puts children into the place of those that an element has. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** @param kind classes, such as "quiet.wide" */
export const button = (text, onclick, kind = "", given = {}) =>
  make(`button${kind && `.${kind}`}`, { type: "button", onclick, ...given }, text);

export const select = (id, value, options, change) => make(
  "select", { id, value, onchange: (event) => change(event.target.value) },
  options.map(([value, text]) => make("option", { value }, text)),
);

/** A field with its label, in one row. */
export const labelled = (label, field, ...more) => make("div.knob.text", make("label", { for: field.id }, label), field, ...more);

export const progress = (value, label) => make("progress", { max: 1, value, "aria-label": label });

/** Shows or hides, and gives whether it is shown. */
export function show(element, isShown) {
  element.hidden = !isShown;
  return isShown;
}

export function listen(id, names, act) {
  for (const name of names.split(" ")) $(id).addEventListener(name, act);
}

/** Shows an address at once, so that it can take the focus. */
export function go(address) {
  if (location.hash === `#${address}`) return;
  history.pushState(null, "", `#${address}`);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

const bus = new EventTarget();
/** Lets all parts of the page know that something happened. */
export const emit = (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail }));
export function on(names, act) {
  for (const name of names.split(" ")) bus.addEventListener(name, (event) => act(event.detail));
}

/** The last of several calls in quick succession. */
export function debounce(milliseconds, act) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(act, milliseconds, ...values);
  };
}

/** A name that nothing else has; `crypto.randomUUID` is missing where the page comes over plain HTTP from another machine. */
export const newID = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Puts a text on the clipboard, also where the page is not trusted with `navigator.clipboard`. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = make("textarea.hidden", { value: text });
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

export function saveFile(name, text) {
  const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

/** Lets the user choose JSON files. */
export const chooseFiles = () => new Promise((resolve) => {
  const input = make("input", { type: "file", accept: ".json", multiple: true, onchange: () => resolve([...input.files]) });
  input.click();
});
