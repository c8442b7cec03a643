// One answer of the model: asks for it, and grows a message by what comes.
import { ask, events, send } from "./api.js";
import { host } from "./host.js";
import { fields } from "./sampling.js";
import { alternativeCount, Tokens } from "./tokens.js";

export function conversation({ system, mode, character, instruction_template, name1, initial_state }, path) {
	const messages = path.map(({ role, text: content }) => ({ role, content }));
	if (system?.trim()) messages.unshift({ role: "system", content: system });
	return { messages, mode, character, instruction_template, name1, initial_state };
}

export async function promptOf(chat, path) {
	const { role, text } = path.at(-1) ?? {}, continue_ = role === "assistant" || undefined;
	return role === "text" ? text : (await ask("/v1/internal/chat-prompt", { ...conversation(chat, path), continue_ })).prompt;
}

// The message is changed in place, `grown` is called after each change. One that has text is gone on with:
// by its very tokens where they are known, else by its text.
export async function write(chat, path, message, { signal, grown, progress }) {
	const response = await (message.role === "text" ? beginText(message, signal) : beginAnswer(chat, path, message, signal));
	const tokens = new Tokens(message.tokens), first = tokens.count, shows = host.settings.streams !== false;
	let start = 0;
	for await (const { model, prompt_progress: reading, usage, timings, choices } of events(response)) {
		if (model) message.model = model;
		if (reading) progress(reading);
		if (usage) message.usage = { prompt: usage.prompt_tokens, cached: usage.prompt_tokens_details?.cached_tokens ?? 0, written: usage.completion_tokens };
		if (timings) message.seconds = timings.predicted_ms / 1000;
		const choice = choices?.[0];
		if (!choice) continue;
		const { content = choice.text ?? "", reasoning_content: thought, tool_calls: calls = [] } = choice.delta ?? {};
		const entries = choice.logprobs?.content ?? [];
		tokens.add(entries);
		message.text += content ?? "";
		if (thought) message.thought = (message.thought ?? "") + thought;
		for (const { index, function: call } of calls) {
			const own = (message.calls ??= [])[index] ??= { name: "", arguments: "" };
			own.name += call?.name ?? "";
			own.arguments += call?.arguments ?? "";
		}
		if (choice.finish_reason) message.finish = choice.finish_reason;
		if (!content && !thought && !entries.length && !calls.length) continue;
		start ||= performance.now();
		const seconds = (performance.now() - start) / 1000;
		// What comes within a moment was sent at once, and says nothing of the host's speed.
		message.seconds = seconds > 0.25 ? seconds : undefined;
		message.tokens = tokens.plain;
		if (shows) grown(entries.length || 1);
	}
	message.written = tokens.count - first;
	if (!shows) grown(message.written);
}

const streaming = { stream: true, return_progress: true, stream_options: { include_usage: true } };

async function beginAnswer(chat, path, { text: content, thought, tokens }, signal) {
	const ids = tokens?.ids.length ? tokens.ids : undefined, isBegun = content || thought || ids;
	const session_id = chat.state && `page-${chat.id}`, body = { ...conversation(chat, path), ...fields(), ...streaming, session_id };
	if (isBegun) {
		body.messages.push({ role: "assistant", content, reasoning_content: thought || undefined });
		Object.assign(body, { continue_: true, continue_token_ids: ids });
	}
	if (ids || !isBegun) Object.assign(body, { logprobs: true, top_logprobs: alternativeCount });
	if (session_id) await send("/v1/internal/state/load", { name: chat.state, session_id }, { signal });
	return send("/v1/chat/completions", body, { signal });
}

async function beginText({ text, tokens, from }, signal) {
	let prompt = text;
	if (tokens?.ids.length) {
		const before = from ? await ask("/v1/internal/encode", { text: text.slice(0, from) }, { signal }) : { tokens: [] };
		prompt = [...before.tokens, ...tokens.ids];
	}
	return send("/v1/completions", { prompt, ...fields(), ...streaming, logprobs: alternativeCount, logprob_details: true }, { signal });
}
