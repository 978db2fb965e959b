// A signed-in person: tokens in this tab's storage, one refresh when the access token has run out, errors as ApiError.
const STORE = "claribi.session";

export class ApiError extends Error {
  constructor(status, error, retryAfter) {
    super(error?.message ?? `The server answered with status ${status}.`);
    this.status = status;
    this.code = error?.code ?? "";
    this.details = error?.details ?? {};
    this.retryAfter = retryAfter;
  }
}

let tokens = JSON.parse(sessionStorage.getItem(STORE) ?? "null");
let refreshing = null;

function keep(fresh) {
  tokens = fresh;
  if (fresh) sessionStorage.setItem(STORE, JSON.stringify(fresh));
  else sessionStorage.removeItem(STORE);
}

async function send(method, path, body, access) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (access) headers.Authorization = `Bearer ${access}`;
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store" });
  } catch {
    throw new ApiError(0, { message: "The server cannot be reached. Check the connection and try again." });
  }
  const text = await answer.text();
  let value = null;
  try {
    value = text ? JSON.parse(text) : null;
  } catch {
    throw new ApiError(answer.status, null);
  }
  if (!answer.ok) throw new ApiError(answer.status, value?.error, answer.headers.get("Retry-After"));
  return value;
}

export const isSignedIn = () => tokens !== null;

export async function signIn(email, password) {
  const { access, refresh } = await send("POST", "/api/auth/login/", { email, password });
  keep({ access, refresh });
}

export async function signOut() {
  const last = tokens;
  keep(null);
  // The person is signed out here whatever the server says; a session it could not end runs out by itself.
  if (last) await send("POST", "/api/auth/logout/", { refresh: last.refresh }, last.access).catch(() => null);
}

// Two calls that find the access token run out share one refresh: with rotation a second would end the session.
function refreshed() {
  refreshing ??= send("POST", "/api/auth/token/refresh/", { refresh: tokens.refresh })
    .then((fresh) => keep({ ...tokens, ...fresh }))
    .finally(() => { refreshing = null; });
  return refreshing;
}

export async function call(method, path, body) {
  if (!tokens) throw new ApiError(401, { message: "Sign in to go on.", code: "authentication_required" });
  const { access } = tokens;
  try {
    return await send(method, path, body, access);
  } catch (error) {
    if (error.status !== 401 || !tokens) throw error;
  }
  try {
    // A refusal that comes late may be of a token that another call has renewed already.
    if (tokens.access === access) await refreshed();
  } catch (error) {
    if (error.status === 401 || error.status === 400) {
      keep(null);
      throw new ApiError(401, { message: "Your session has ended. Sign in again.", code: "authentication_required" });
    }
    throw error;
  }
  return send(method, path, body, tokens.access);
}
