// What the model remembers: how far the last step moved the state, layer by layer, and states by name.
import { $, ask, attempt, button, bytes, chat, click, current, day, debounce, details, emit, fill, form, go, line, make, newID, on, percent, press, promptOf, show, t, toast } from "../lib/ui.js";

// Without one, states are compared with that before the last question or step.
let baseline = null;

const prompt = (path) => promptOf(current.chat, path);

const draw = debounce(250, async () => {
	const panel = $("state-panel"), path = chat.path(), { role, text } = path.at(-1) ?? {}, own = current.chat;
	if (!show(panel, details()) || !panel.open || !panel.offsetParent || chat.writing()) return;
	fill("state-size", t`${bytes(details().state_bytes)}, however long the text`);
	const isWritten = role !== "user" && text;
	$("state-save").disabled = $("state-fork").disabled = !isWritten;
	if (!isWritten) return rest(t`Write something to see it here.`);
	const before = path.includes(baseline) ? path.slice(0, path.indexOf(baseline) + 1) : path.slice(0, chat.isText() ? -1 : -2);
	try {
		const since = before.length ? await prompt(before) : undefined;
		const { layers } = await ask("/v1/internal/state/summary", { prompt: await prompt(path), since });
		if (own === current.chat) drawBars(layers, since);
	} catch ({ status, message }) { rest(status === 0 ? "" : message); }
});

function rest(text) {
	fill("state-strip");
	fill("state-text", text);
}

function drawBars(layers, moved) {
	const shares = layers.map(({ rms, moved: far }) => moved ? far / (rms || 1) : rms), top = Math.max(...shares, 1e-9), most = shares.indexOf(top);
	fill("state-strip", shares.map((share, n) => make("i", { "--v": share / top,
		title: moved ? t`layer ${n}: moved by ${percent(share)} of its size` : t`layer ${n}: ${share.toPrecision(3)}` })));
	$("state-strip").ariaLabel = moved ? t`State by layer; layer ${most} moved most, by ${percent(top)}` : t`State by layer`;
	const what = baseline ? t`since your baseline` : chat.isText() ? t`with the last step of the text` : t`with the last question and answer`;
	fill("state-text", moved ? t`How far each layer moved ${what}.` : t`The size of each layer's state.`);
}

function list(...items) {
	fill("state-list", items);
	show("state-list", true);
}

function save() {
	const value = current.chat.title.replace(/[^\w-]+/g, "-").slice(0, 40) || "state";
	const field = make("input", { value, "aria-label": t`Name of the state`, required: true, pattern: "[\\w.\\-]{1,64}" });
	list(make("li", form("row", () => attempt("state-panel", async () => {
		const name = field.value, session_id = `page-${newID()}`, text = await prompt(chat.path());
		await ask("/v1/completions", { prompt: chat.isText() ? text : `${text}\n\n`, max_tokens: 0, logprobs: 0, session_id });
		await ask("/v1/internal/state/save", { name, session_id });
		show("state-list", false);
		toast(t`Saved: ${name}. A chat can begin from it.`);
	}), field, make("button.primary", t`Save`))));
	field.select();
}

async function load() {
	const { states } = await ask("/v1/internal/state/list", {});
	if (!states.length) return toast(t`No state has been saved for this model.`);
	list(states.map(({ name, bytes: size, saved_at: saved }) => make("li", button(name, () => {
		chat.begin({ state: name, title: t`From ${name}` });
		show("state-list", false);
		go("chat");
		toast(t`This chat goes on from the state ${name}.`);
	}, "quiet.wide"), make("small", line(bytes(size), day(saved * 1000))))));
}

const act = (id, does) => click(id, () => attempt("state-panel", does));
on("answer-done chat-opened path-changed model view", draw);
$("state-panel").ontoggle = draw;
act("state-save", save);
act("state-load", load);
act("state-fork", async () => emit("open-chat", await chat.fork(chat.last())));
act("state-baseline", () => {
	baseline = baseline ? null : chat.last();
	press("state-baseline", baseline);
	draw();
});
