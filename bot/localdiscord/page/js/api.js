// Talking to the local Discord: its state, its event stream, and what a
// person does. Every failure becomes an Error with a sentence to show.

async function request(path, init) {
  let answer;
  try {
    answer = await fetch(path, init);
  } catch {
    throw new Error("The rehearsal cannot be reached. Is it still running?");
  }
  const text = await answer.text();
  let body = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    body = { error: text.slice(0, 300) };
  }
  if (!answer.ok) throw Object.assign(new Error((body && body.error) || `The rehearsal answered ${answer.status}.`), { status: answer.status });
  return body;
}

const post = (path, body, signal) => request(path, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal,
});

export const fetchState = (as) => request("/local/state" + (as ? "?as=" + encodeURIComponent(as) : ""));
export const sendMessage = (as, channel, content) => post("/local/messages", { as, channel_id: channel, content });
export const sendCommand = (as, channel, name, options) => post("/local/commands", { as, channel_id: channel, name, options });
export const pressButton = (as, channel, message, custom) => post("/local/components", { as, channel_id: channel, message_id: message, custom_id: custom });
export const complete = (as, channel, name, options, signal) => post("/local/autocomplete", { as, channel_id: channel, name, options }, signal);

/** firstState finds out who the people are, before the page is anybody. */
export async function firstState(guesses) {
  let last;
  for (const as of guesses) {
    try {
      return await fetchState(as);
    } catch (err) {
      last = err;
      if (err.status === undefined) break; // nobody answers: asking as another person does not help
    }
  }
  throw last;
}
