// Developer settings: sign in, then list, make, rotate and revoke API keys.
import { ApiError, call, isSignedIn, signIn, signOut } from "/assets/session.js";

const KEYS = "/api/developer/api-keys/";
const PAGE_SIZE = 50;
const at = (id) => document.getElementById(id);
const days = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
let page = 1;

// -- what the person sees of errors ---------------------------------------------------------------

function explain(error) {
  if (!(error instanceof ApiError)) throw error;
  const wait = error.retryAfter ? ` Try again in ${error.retryAfter} seconds.` : "";
  return error.message.includes("seconds") ? error.message : error.message + wait;
}

function clearFaults(form) {
  form.querySelector("[data-alert]").textContent = "";
  for (const place of form.querySelectorAll(".fault")) place.textContent = "";
  for (const control of form.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
}

// Puts each field's texts beside the field; what belongs to no field of the form goes into its alert.
function showFaults(form, error) {
  const elsewhere = [];
  const text = explain(error);
  let first = null;
  for (const [field, texts] of Object.entries(error.details)) {
    const name = field.split(/[.[]/)[0];
    const place = form.querySelector(`#${CSS.escape(name)}-fault`);
    const said = [texts].flat().join(" ");
    if (!place) { elsewhere.push(`${field}: ${said}`); continue; }
    place.textContent = said;
    const control = form.elements.namedItem(name);
    const target = control instanceof RadioNodeList ? control[0] : control;
    target?.setAttribute("aria-invalid", "true");
    first ??= target;
  }
  if (!first || elsewhere.length) form.querySelector("[data-alert]").textContent = [text, ...elsewhere].join(" ");
  first?.focus();
}

async function whileBusy(button, work) {
  button.disabled = true;
  try {
    return await work();
  } finally {
    button.disabled = false;
  }
}

// Runs an action of the desk; a session that has ended leads back to the sign-in.
async function onDesk(work) {
  at("desk-alert").textContent = "";
  try {
    await work();
  } catch (error) {
    if (leftForSignIn(error)) return;
    at("desk-alert").textContent = explain(error);
  }
}

function leftForSignIn(error) {
  if (isSignedIn() || error.status !== 401) return false;
  showGate(error.message);
  return true;
}

// -- the two views --------------------------------------------------------------------------------

function showGate(message = "") {
  at("desk").hidden = true;
  at("gate").hidden = false;
  hideFresh();
  closeCreate();
  at("keys").replaceChildren();
  at("sign-in").querySelector("[data-alert]").textContent = message;
  at("email").focus();
}

async function showDesk() {
  at("gate").hidden = true;
  at("desk").hidden = false;
  at("desk-title").focus();
  await onDesk(async () => {
    const [status] = await Promise.all([call("GET", "/api/auth/status/"), list(), offerChoices()]);
    at("whoami").textContent = `${status.user.email} · ${status.user.role} · ${status.organization.name}`;
  });
}

// -- the list -------------------------------------------------------------------------------------

async function list() {
  page = 1;
  at("keys").setAttribute("aria-busy", "true");
  const found = await call("GET", `${KEYS}?page_size=${PAGE_SIZE}`);
  at("keys").replaceChildren(...found.results.map(item));
  at("keys").setAttribute("aria-busy", "false");
  at("none").hidden = found.count > 0;
  at("more").hidden = found.next === null;
}

async function more() {
  const found = await call("GET", `${KEYS}?page_size=${PAGE_SIZE}&page=${page + 1}`);
  page += 1;
  at("keys").append(...found.results.map(item));
  at("more").hidden = found.next === null;
}

function state(key) {
  if (key.revoked_at) return "Revoked";
  return key.expires_at && new Date(key.expires_at) <= new Date() ? "Expired" : "Active";
}

function ending(key, now, day) {
  if (now === "Revoked") return `Revoked ${day(key.revoked_at)}`;
  if (!key.expires_at) return "Never expires";
  return `${now === "Expired" ? "Expired" : "Expires"} ${day(key.expires_at)}`;
}

function item(key) {
  const node = at("key").content.firstElementChild.cloneNode(true);
  const put = (name, text) => { node.querySelector(`[data-${name}]`).textContent = text; };
  const now = state(key);
  const day = (moment) => days.format(new Date(moment));
  put("name", key.name);
  put("badge", now);
  put("description", key.description);
  put("prefix", `${key.prefix}…`);
  put("made", `Made ${day(key.created_at)}`);
  put("ends", ending(key, now, day));
  const calls = `${key.usage_count} ${key.usage_count === 1 ? "call" : "calls"}`;
  put("used", key.last_used_at ? `Last used ${day(key.last_used_at)}, ${calls}` : "Not used yet");
  node.querySelector("[data-scopes]").append(...key.scopes.map(tag));
  if (now !== "Active") {
    node.classList.add("ended");
    node.querySelector("[data-badge]").classList.add("ended");
    node.querySelector("[data-actions]").remove();
    return node;
  }
  const button = (name, label, act) => {
    const found = node.querySelector(`[data-${name}]`);
    found.setAttribute("aria-label", `${label} ${key.name}`);
    found.addEventListener("click", () => onDesk(() => act(key, found)));
  };
  button("rotate", "Rotate", rotate);
  button("revoke", "Revoke", revoke);
  return node;
}

function tag(scope) {
  const node = document.createElement("li");
  node.className = "tag";
  node.textContent = scope;
  return node;
}

// -- acts -----------------------------------------------------------------------------------------

function confirmed(title, text, verb) {
  const dialog = at("confirm");
  at("confirm-title").textContent = title;
  at("confirm-text").textContent = text;
  at("confirm-yes").textContent = verb;
  dialog.showModal();
  const question = new AbortController();
  const { signal } = question;
  // Not the close event: it comes late, and could answer the next question.
  return new Promise((resolve) => {
    const answer = (yes) => { question.abort(); resolve(yes); };
    dialog.addEventListener("submit", (event) => answer(event.submitter?.value === "yes"), { signal });
    dialog.addEventListener("cancel", () => answer(false), { signal });
  });
}

async function rotate(key, button) {
  const text = "It gets a new secret. The old one ends at once, and programs that use it are refused until they have the new one.";
  if (!(await confirmed(`Rotate “${key.name}”?`, text, "Rotate key"))) return;
  const fresh = await whileBusy(button, () => call("POST", `${KEYS}${encodeURIComponent(key.id)}/rotate/`, {}));
  showFresh(fresh);
  await list();
}

async function revoke(key, button) {
  const text = "Programs that use it are refused from their next call. This cannot be undone.";
  if (!(await confirmed(`Revoke “${key.name}”?`, text, "Revoke key"))) return;
  await whileBusy(button, () => call("DELETE", `${KEYS}${encodeURIComponent(key.id)}/`));
  await list();
  at("news").textContent = `“${key.name}” is revoked.`;
  at("desk-title").focus();
}

async function create(form) {
  clearFaults(form);
  const values = new FormData(form);
  const wanted = {
    name: values.get("name"),
    description: values.get("description"),
    scopes: values.getAll("scopes"),
    expiry: values.get("expiry"),
  };
  try {
    const fresh = await call("POST", KEYS, wanted);
    closeCreate();
    showFresh(fresh);
  } catch (error) {
    if (!leftForSignIn(error)) showFaults(form, error);
    return;
  }
  await onDesk(list);
}

function showFresh(key) {
  at("fresh-title").textContent = `Copy the key of “${key.name}” now`;
  at("fresh-key").textContent = key.key;
  at("copy-status").textContent = "";
  at("fresh").hidden = false;
  at("fresh-title").focus();
}

function hideFresh() {
  at("fresh").hidden = true;
  at("fresh-key").textContent = "";
}

async function copy() {
  try {
    await navigator.clipboard.writeText(at("fresh-key").textContent);
    at("copy-status").textContent = "Copied.";
  } catch {
    // Without https a browser may keep the clipboard closed: the key is selected for the keyboard instead.
    getSelection().selectAllChildren(at("fresh-key"));
    at("copy-status").textContent = "Press Ctrl+C or ⌘C to copy the selected key.";
  }
}

// -- the form -------------------------------------------------------------------------------------

async function offerChoices() {
  if (at("scopes").childElementCount) return;
  const answer = await fetch("/assets/choices.json");
  if (!answer.ok) throw new ApiError(answer.status, (await answer.json()).error);
  const { scopes, expiries } = await answer.json();
  const groups = Map.groupBy ? Map.groupBy(scopes, resource) : grouped(scopes);
  at("scopes").append(...[...groups].map(([name, members]) => scopeGroup(name, members)));
  at("expiry").append(...expiries.map(({ word, meaning }) => new Option(word === "never" ? "Never" : `In ${meaning.replace(/\.$/, "")}`, word)));
  at("expiry").value = "90d";
}

const resource = ({ word }) => word.split(":")[0];

function grouped(scopes) {
  const groups = new Map();
  for (const scope of scopes) groups.set(resource(scope), [...(groups.get(resource(scope)) ?? []), scope]);
  return groups;
}

function scopeGroup(name, members) {
  const group = document.createElement("fieldset");
  const legend = document.createElement("legend");
  legend.textContent = (name[0].toUpperCase() + name.slice(1)).replaceAll("_", " ");
  group.append(legend, ...members.map(scopeChoice));
  return group;
}

function scopeChoice({ word, meaning }) {
  const label = document.createElement("label");
  label.className = "choice";
  const box = Object.assign(document.createElement("input"), { type: "checkbox", name: "scopes", value: word });
  const text = document.createElement("span");
  const code = document.createElement("code");
  const what = document.createElement("span");
  code.textContent = word;
  what.textContent = meaning;
  text.append(code, what);
  label.append(box, text);
  return label;
}

function openCreate() {
  hideFresh();
  at("create").hidden = false;
  at("open-create").setAttribute("aria-expanded", "true");
  at("name").focus();
}

function closeCreate() {
  at("create").reset();
  clearFaults(at("create"));
  if (at("expiry").options.length) at("expiry").value = "90d";
  at("create").hidden = true;
  at("open-create").setAttribute("aria-expanded", "false");
}

// -- wiring ---------------------------------------------------------------------------------------

at("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  clearFaults(form);
  try {
    await whileBusy(form.querySelector("[type=submit]"), () => signIn(form.email.value, form.password.value));
  } catch (error) {
    showFaults(form, error);
    return;
  }
  form.reset();
  await showDesk();
});
at("create").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  whileBusy(form.querySelector("[type=submit]"), () => create(form));
});
at("open-create").addEventListener("click", openCreate);
at("close-create").addEventListener("click", () => { closeCreate(); at("open-create").focus(); });
at("copy").addEventListener("click", copy);
at("fresh-done").addEventListener("click", () => { hideFresh(); at("open-create").focus(); });
at("more").addEventListener("click", () => onDesk(() => whileBusy(at("more"), more)));
at("sign-out").addEventListener("click", async () => { await signOut(); showGate(); });

if (isSignedIn()) showDesk();
else showGate();
