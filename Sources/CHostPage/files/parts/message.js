// One message of a conversation with all that may be done with it.
import * as chat from "../lib/chat.js";
import { $, button, copyText, emit, fill, make, progress } from "../lib/dom.js";
import { line, number, percent, speed, t, timeLeft, tokenCount } from "../lib/i18n.js";
import { places } from "../lib/tokens.js";
import { Body } from "./body.js";
import { announce, copyButton, fail, toast } from "./notice.js";
import { menu } from "./pop.js";

export class MessageView {
  constructor(message) {
    const isQuestion = message.role === "user", body = new Body(isQuestion), notes = make("div.notes"), foot = make("div.foot");
    const element = make(isQuestion ? "li.user" : "li.model", { "--lines": Math.ceil(message.text.length / 80) + 2 },
      make("h2.hidden", isQuestion ? t("You") : t("Answer")), body.element, notes, foot);
    element.view = this;
    Object.assign(this, { message, isQuestion, body, notes, foot, element });
  }

  /** Shows everything as it is now. */
  draw() {
    const { message, foot, notes } = this, isFocused = this.isDrawn && this.element.contains(document.activeElement);
    const goOn = [t("Continue"), () => chat.goOn(message)];
    this.isDrawn = true;
    fill(notes);
    this.grow();
    if (message.state === "live" && !message.text && !message.thought) notes.append(make("p.wait", { role: "status" },
      message === chat.current.running ? t("Waiting for the first word …") : t("Being written in another tab …")));
    if (message.state === "cut") this.note(t("The page was closed while this was written; what had come is here."), goOn);
    if (message.state === "failed") this.note(message.error ?? t("This answer was cut off."), goOn, [t("Write anew"), () => chat.again(message)]);
    if (message.state === "done" && message.finish === "length") this.note(t("The longest answer was reached."), goOn);
    this.drawFoot();
    if (isFocused && document.activeElement === document.body) (foot.querySelector("button") ?? $("scroll")).focus({ preventScroll: true });
  }

  drawFoot() { fill(this.foot, this.message.state === "live" ? [] : this.actions()); }

  /** Shows what has come since. */
  grow() {
    const { message, element } = this, { text, thought, calls } = message;
    this.body.show(text, this.isQuestion ? null : places(message));
    element.classList.toggle("live", message.state === "live");
    if (text || thought) this.notes.querySelector(".wait")?.remove();
    if (thought) {
      if (!this.thought) {
        this.thinking = new Body();
        this.thought = make("details.thought", make("summary"), this.thinking.element);
        this.body.element.before(this.thought);
      }
      this.thought.firstChild.textContent = message.state === "live" && !text ? t("Thinking …") : t("Thought");
      this.thinking.show(thought);
    }
    if (!calls?.length) return;
    this.calls?.remove();
    this.calls = make("div.calls", calls.map((call) => make("details", { open: true },
      make("summary", t("Calls {name}", { name: call.name })), make("pre", { tabIndex: 0 }, call.arguments))));
    this.body.element.after(this.calls);
  }

  /** How much of a long prompt has been read. */
  progress({ processed, total }) {
    const now = performance.now(), share = processed / total;
    this.since ??= { now, processed };
    const seconds = (now - this.since.now) / 1000, rate = (processed - this.since.processed) / seconds;
    fill(this.notes, make("p.wait.reading", progress(share, t("Reading the prompt")), make("span", line(
      t("Reading: {done} of {total} tokens", { done: processed, total }), percent(share), seconds > 1 && rate > 0 && timeLeft((total - processed) / rate)))));
  }

  note(text, ...actions) {
    this.notes.append(make(this.message.state === "failed" ? "p.note.failed" : "p.note", make("span", text),
      actions.map(([name, act]) => button(name, () => this.run(act)))));
  }

  /** Does something and shows beside this message why it did not work. */
  async run(act) {
    fail(this.notes, null);
    const error = await act();
    if (error) emit("act-failed", { message: this.message, error });
  }

  actions() {
    const { message } = this, { tree } = chat.current, versions = tree.versions(message), n = versions.indexOf(message) + 1;
    const step = (by, label, sign) => button(sign, async () => {
      await chat.choose(versions[n - 1 + by]);
      announce(t("Version {n} of {total}", { n: n + by, total: versions.length }));
      emit("focus-version", { parent: message.parent, label });
    }, "quiet", { "aria-label": label, disabled: !versions[n - 1 + by] });
    const copy = copyButton(() => message.text, "quiet.spare"), edit = () => this.edit();
    const act = (text, act) => button(text, () => this.run(act), "quiet");
    const more = button("⋯", () => menu(more, [
      !copy.offsetParent && [t("Copy"), () => copyText(message.text)],
      !copy.offsetParent && [t("Edit"), edit],
      [t("Branch into a new chat"), async () => emit("open-chat", await chat.fork(message))],
      [t("Show the exact prompt"), () => emit("show-prompt", message)],
      [t("Delete"), async () => toast(t("Deleted, with all that followed."), await chat.remove(message))],
    ]), "quiet", { "aria-label": t("More"), "aria-haspopup": "menu" });
    const facts = this.facts();
    return [
      versions.length > 1 && make("span.versions", step(-1, t("Previous version"), "‹"), make("span", `${n}/${versions.length}`), step(1, t("Next version"), "›")),
      copy,
      this.isQuestion ? !tree.children(message).length && act(t("Answer"), () => chat.answer(message))
        : [act(t("Again"), () => chat.again(message)), act(t("Continue"), () => chat.goOn(message))],
      button(t("Edit"), edit, "quiet.spare"), more, facts && make("span.facts", facts),
    ];
  }

  /** Which model wrote it, how much, how fast, and what did not have to be read again. */
  facts() {
    const { model, usage, seconds, tokens, isEdited, written, state } = this.message, count = tokens?.ids.length || usage?.written;
    return line(model, isEdited && t("edited by you"), count && tokenCount(count), speed(written - 1, seconds),
      usage && t("{kept} of {read} kept", { kept: usage.cached, read: usage.prompt }), state === "stopped" && t("stopped"));
  }

  edit() {
    const { message, body, foot } = this, field = make("textarea", { value: message.text, "aria-label": t("Edit the message") });
    const hide = (isHidden) => { body.element.hidden = foot.hidden = isHidden; };
    const close = () => {
      form.remove();
      hide(false);
      foot.querySelector("button")?.focus();
    };
    const submit = (event) => {
      event.preventDefault();
      close();
      if (field.value !== message.text) this.run(() => chat.edit(message, field.value));
    };
    const keys = (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
      if (event.key !== "Escape") return;
      event.stopPropagation();
      close();
    };
    const form = make("form.edit", { onsubmit: submit, onkeydown: keys }, field,
      make("div.row", make("button.primary", this.isQuestion ? t("Send") : t("Save as a version")), button(t("Cancel"), close)));
    hide(true);
    body.element.after(form);
    field.focus();
  }
}
