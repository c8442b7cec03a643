// One answer of the model: asks for it, and grows a message by what comes.
import { ask, events, send } from "./api.js";
import { host } from "./host.js";
import { fields } from "./sampling.js";
import { alternativeCount, Tokens } from "./tokens.js";

/** The messages of a path as a request has them, with what its chat says beside them. */
export function conversation(chat, path) {
  const messages = path.map(({ role, text }) => ({ role, content: text }));
  if (chat.system?.trim()) messages.unshift({ role: "system", content: chat.system });
  const { mode, character, instruction_template, name1, initial_state } = chat;
  return { messages, mode, character, instruction_template, name1, initial_state };
}

/** The exact text that the model reads, or has read, at the end of a path. */
export async function promptOf(chat, path) {
  const continue_ = path.at(-1)?.role === "assistant" || undefined;
  return (await ask("/v1/internal/chat-prompt", { ...conversation(chat, path), continue_ })).prompt;
}

/**
 * Has the model write a message; the message is changed in place, and `grown` is called after each change.
 *
 * A message that has text already is gone on with: by its very tokens where they are known, else by its text.
 * @throws {HostError}, or an AbortError where the signal ended it
 */
export async function write(chat, path, message, { signal, grown, progress }) {
  const response = await (message.role === "text" ? beginText(message, signal) : beginAnswer(chat, path, message, signal));
  const tokens = new Tokens(message.tokens), first = tokens.count, shows = host.settings.streams !== false;
  let start = 0;
  for await (const { model, prompt_progress: reading, usage, choices } of events(response)) {
    if (model) message.model = model;
    if (reading) progress(reading);
    if (usage) message.usage = { prompt: usage.prompt_tokens, cached: usage.prompt_tokens_details?.cached_tokens ?? 0, written: usage.completion_tokens };
    const choice = choices?.[0];
    if (!choice) continue;
    const { content = choice.text ?? "", reasoning_content: thought = "", tool_calls: calls = [] } = choice.delta ?? {};
    const entries = choice.logprobs?.content ?? [];
    tokens.add(entries);
    message.text += content ?? "";
    if (thought) message.thought = (message.thought ?? "") + thought;
    for (const { index, function: call } of calls) {
      message.calls ??= [];
      const own = (message.calls[index] ??= { name: "", arguments: "" });
      own.name += call?.name ?? "";
      own.arguments += call?.arguments ?? "";
    }
    if (choice.finish_reason) message.finish = choice.finish_reason;
    if (!content && !thought && !entries.length && !calls.length) continue;
    start ||= performance.now();
    message.seconds = (performance.now() - start) / 1000;
    message.tokens = tokens.plain;
    if (shows) grown(entries.length || 1);
  }
  message.written = tokens.count - first;
  if (!shows) grown(message.written);
}

const streaming = { stream: true, return_progress: true, stream_options: { include_usage: true } };

async function beginAnswer(chat, path, message, signal) {
  const { text, thought, tokens } = message, known = tokens?.ids.length ? tokens.ids : undefined;
  const body = { ...conversation(chat, path), ...fields(), ...streaming, logprobs: true, top_logprobs: alternativeCount };
  if (text || thought || known) {
    body.messages.push({ role: "assistant", content: text, reasoning_content: thought || undefined });
    Object.assign(body, { continue_: true, continue_token_ids: known });
    if (!known) Object.assign(body, { logprobs: undefined, top_logprobs: undefined });
  }
  if (chat.state) {
    body.session_id = `page-${chat.id}`;
    await send("/v1/internal/state/load", { name: chat.state, session_id: body.session_id }, { signal });
  }
  return send("/v1/chat/completions", body, { signal });
}

/** A text goes on by the tokens that are known of its end, and by its own words before them. */
async function beginText({ text, tokens, from }, signal) {
  let prompt = text;
  if (tokens?.ids.length) {
    const before = from ? await ask("/v1/internal/encode", { text: text.slice(0, from) }, { signal }) : { tokens: [] };
    prompt = [...before.tokens, ...tokens.ids];
  }
  return send("/v1/completions", { prompt, ...fields(), ...streaming, logprobs: alternativeCount, logprob_details: true }, { signal });
}
