// One message of a conversation with all that may be done with it.
import { $, announce, button, chat, copyButton, copyText, current, emit, facts, fail, fill, form, hasFocus, line, make, percent, places, progress, refocus, t, timeLeft, toast } from "../lib/ui.js";
import { Body } from "./body.js";
import { moreButton } from "./pop.js";

export class MessageView {
	constructor(message) {
		const isQuestion = message.role === "user";
		Object.assign(this, { message, isQuestion, body: new Body(isQuestion), notes: make("div.notes"), foot: make("div.foot") });
		this.element = make(isQuestion ? "li.user" : "li.model", { "--lines": Math.ceil(message.text.length / 80) + 2 },
			make("h2.hidden", isQuestion ? t`You` : t`Answer`), this.body.element, this.notes, this.foot);
		this.element.view = this;
	}

	draw() {
		const { message, foot } = this, { state, text, thought } = message, hadFocus = this.isDrawn && hasFocus(this.element);
		const goOn = [t`Continue`, () => chat.goOn(message)];
		this.isDrawn = true;
		fill(this.notes);
		this.grow();
		if (state === "live" && !text && !thought) fill(this.notes, make("p.wait", { role: "status" },
			message === current.running ? t`Waiting for the first word …` : t`Being written in another tab …`));
		if (state === "cut") this.note(t`The page was closed while this was written; what had come is here.`, goOn);
		if (state === "failed") this.note(message.error ?? t`This answer was cut off.`, goOn, [t`Write anew`, () => chat.again(message)]);
		if (state === "done" && message.finish === "length") this.note(t`The longest answer was reached.`, goOn);
		this.drawFoot();
		if (hadFocus) refocus(foot.querySelector("button") ?? $("scroll"));
	}

	drawFoot() { fill(this.foot, this.message.state !== "live" && this.actions()); }

	grow() {
		const { message, element, body } = this, { text, thought, calls, state } = message;
		body.show(text, this.isQuestion ? null : places(message));
		element.classList.toggle("live", state === "live");
		if (text || thought) this.notes.querySelector(".wait")?.remove();
		if (thought) {
			if (!this.thought) {
				this.thinking = new Body();
				this.thought = make("details.thought", make("summary"), this.thinking.element);
				body.element.before(this.thought);
			}
			this.thought.firstChild.textContent = state === "live" && !text ? t`Thinking …` : t`Thought`;
			this.thinking.show(thought);
		}
		if (!calls?.length) return;
		this.calls?.remove();
		this.calls = make("div.calls", calls.map((call) => make("details", { open: true },
			make("summary", t`Calls ${call.name}`), make("pre", { tabIndex: 0 }, call.arguments))));
		body.element.after(this.calls);
	}

	progress({ processed, total }) {
		const now = performance.now(), share = processed / total;
		this.since ??= { now, processed };
		const seconds = (now - this.since.now) / 1000, rate = (processed - this.since.processed) / seconds;
		fill(this.notes, make("p.wait.reading", progress(share, t`Reading the prompt`), make("span", line(
			t`Reading: ${processed} of ${total} tokens`, percent(share), seconds > 1 && rate > 0 && timeLeft((total - processed) / rate)))));
	}

	note(text, ...actions) {
		this.notes.append(make(this.message.state === "failed" ? "p.note.failed" : "p.note", make("span", text), actions.map(([name, act]) => button(name, () => this.run(act)))));
	}

	async run(act) {
		fail(this.notes, null);
		const error = await act();
		if (error) emit("act-failed", { message: this.message, error });
	}

	actions() {
		const { message, isQuestion } = this, { tree } = current, versions = tree.versions(message), n = versions.indexOf(message) + 1, total = versions.length;
		const step = (by, label, sign) => button(sign, async () => {
			await chat.choose(versions[n - 1 + by]);
			announce(t`Version ${n + by} of ${total}`);
			emit("focus-version", { parent: message.parent, label });
		}, "quiet", { "aria-label": label, disabled: !versions[n - 1 + by] });
		const copy = copyButton(() => message.text, "quiet.spare"), edit = () => this.edit(), said = facts(message);
		const act = (text, act) => button(text, () => this.run(act), "quiet");
		return [
			total > 1 && make("span.versions", step(-1, t`Previous version`, "‹"), make("span", `${n}/${total}`), step(1, t`Next version`, "›")),
			copy,
			isQuestion ? !tree.children(message).length && act(t`Answer`, () => chat.answer(message))
				: [act(t`Again`, () => chat.again(message)), act(t`Continue`, () => chat.goOn(message))],
			button(t`Edit`, edit, "quiet.spare"),
			moreButton("quiet", t`More`, () => [
				!copy.offsetParent && [t`Copy`, () => copyText(message.text)],
				!copy.offsetParent && [t`Edit`, edit],
				[t`Branch into a new chat`, async () => emit("open-chat", await chat.fork(message))],
				[t`Show the exact prompt`, () => emit("show-prompt", message)],
				[t`Delete`, async () => toast(t`Deleted: ${message.text.slice(0, 40)}`, await chat.remove(message))],
			]),
			said && make("span.facts", said),
		];
	}

	edit() {
		const { message, body, foot } = this, field = make("textarea", { value: message.text, "aria-label": t`Edit the message` });
		const hide = (isHidden) => { body.element.hidden = foot.hidden = isHidden; };
		const close = () => {
			box.remove();
			hide(false);
			foot.querySelector("button")?.focus();
		};
		const box = form("edit", () => {
			close();
			if (field.value !== message.text) this.run(() => chat.edit(message, field.value));
		}, field, make("div.row", make("button.primary", this.isQuestion ? t`Send` : t`Save as a version`), button(t`Cancel`, close)));
		box.onkeydown = (event) => {
			if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) box.requestSubmit();
			if (event.key !== "Escape") return;
			event.stopPropagation();
			close();
		};
		hide(true);
		body.element.after(box);
		field.focus();
	}
}
