// The status indicator of the footer: asks the health endpoint now, each minute, and when the page is looked at again.
const EACH = 60_000;
const TEXTS = {
  healthy: "All systems working",
  warning: "Working, with an impairment",
  critical: "Service disrupted",
  away: "The server cannot be reached",
  limited: "Status unknown: too many requests",
};

const place = document.getElementById("status");

function show(state, version) {
  place.dataset.state = state;
  const text = TEXTS[state] ?? "Status unknown";
  place.querySelector("[data-text]").textContent = version ? `${text} · version ${version}` : text;
}

async function ask() {
  try {
    // 503 carries the same body: the installation says itself that it is critical.
    const answer = await fetch("/api/monitoring/health/", { headers: { Accept: "application/json" }, cache: "no-store" });
    if (answer.status === 429) return show("limited");
    const health = await answer.json();
    show(health.overall_status ?? (answer.ok ? "unknown" : "critical"), health.version);
  } catch {
    show("away");
  }
}

ask();
setInterval(() => document.visibilityState === "visible" && ask(), EACH);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && ask());

const origin = document.querySelector("[data-origin]");
if (origin) origin.textContent = location.origin;
