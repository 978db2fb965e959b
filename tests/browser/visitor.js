// Acts as the visitor of a page and leaves what was seen as JSON in the document, for --dump-dom to print.
const seen = {};
const at = (id) => document.getElementById(id);
const text = (id) => at(id).textContent.trim();
const visible = (id) => !at(id).closest("[hidden]");
const names = () => [...document.querySelectorAll("#keys [data-name]")].map((node) => node.textContent);
const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

async function until(what, holds) {
  for (let turn = 0; turn < 200; turn += 1) {
    if (holds()) return;
    await pause();
  }
  throw new Error(`never came: ${what}`);
}

async function signIn(password) {
  at("email").value = "ana@example.com";
  at("password").value = password;
  at("sign-in").requestSubmit();
}

async function confirmDialog(answer) {
  await until("a question", () => at("confirm").open);
  seen.question = text("confirm-title");
  [...at("confirm").querySelectorAll("button")].find((button) => button.value === answer).click();
  await until("the dialog to close", () => !at("confirm").open);
}

const visits = {
  async home() {
    await until("the status", () => at("status").dataset.state !== "unknown");
    seen.state = at("status").dataset.state;
    seen.status = text("status");
    seen.origin = document.querySelector("[data-origin]").textContent;
  },

  async docs() {
    await until("the operations", () => document.querySelectorAll(".opblock").length > 40);
    seen.operations = document.querySelectorAll(".opblock").length;
    seen.title = document.querySelector(".swagger-ui .title").textContent;
  },

  async keys() {
    await until("the sign-in", () => visible("gate"));
    await signIn("wrong");
    await until("a refusal", () => document.querySelector("#sign-in [data-alert]").textContent);
    seen.refused = document.querySelector("#sign-in [data-alert]").textContent;
    await signIn("right");
    await until("the keys", () => names().length === 3 && text("whoami"));
    seen.names = names();
    seen.badges = [...document.querySelectorAll("#keys [data-badge]")].map((node) => node.textContent);
    seen.whoami = text("whoami");
    seen.passwordKept = at("password").value;

    at("open-create").click();
    at("create").requestSubmit();
    await until("the faults", () => text("name-fault"));
    seen.faults = [text("name-fault"), text("scopes-fault")];
    seen.marked = at("name").getAttribute("aria-invalid");
    seen.focus = document.activeElement.id;
    seen.scopes = [...document.querySelectorAll("#scopes input")].map((box) => box.value);

    at("name").value = "New one";
    document.querySelector('#scopes input[value="reports:read"]').click();
    at("create").requestSubmit();
    await until("the new key", () => visible("fresh"));
    seen.secret = text("fresh-key");
    await until("the longer list", () => names().length === 4);
    at("fresh-done").click();
    seen.secretAfter = text("fresh-key");

    document.querySelectorAll("[data-revoke]")[0].click();
    await confirmDialog("no");
    seen.afterNo = names().length;
    document.querySelectorAll("[data-revoke]")[0].click();
    await confirmDialog("yes");
    await until("the shorter list", () => names().length === 3);

    document.querySelectorAll("[data-rotate]")[0].click();
    await confirmDialog("yes");
    await until("the rotated key", () => visible("fresh"));
    seen.rotated = text("fresh-key");

    at("sign-out").click();
    await until("the sign-in again", () => visible("gate"));
    seen.stored = sessionStorage.length;
    seen.secretAtGate = text("fresh-key");
  },
};

const refused = [];
document.addEventListener("securitypolicyviolation", (event) => refused.push(`${event.violatedDirective} ${event.blockedURI}`));
try {
  await visits[new URLSearchParams(location.search).get("visit")]();
} catch (error) {
  seen.error = String(error);
}
seen.policy = refused;
const report = document.createElement("pre");
report.id = "seen";
report.hidden = true;
report.textContent = encodeURIComponent(JSON.stringify(seen));
document.body.append(report);
