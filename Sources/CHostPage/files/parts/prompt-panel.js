// What a chat has beside its messages: a character, a template, a system message; and the prompt that comes of it all.
import { ask, askIfThere } from "../lib/api.js";
import { promptOf } from "../lib/answer.js";
import * as chat from "../lib/chat.js";
import { $, debounce, fill, labelled, make, on, select } from "../lib/dom.js";
import { host, isTunedState } from "../lib/host.js";
import { t, tokenCount } from "../lib/i18n.js";
import { attempt, copyButton } from "./notice.js";

const modes = [["chat", t("Chat")], ["chat-instruct", t("Chat, as an instruction")]];
let lists = {};

const choice = (id, label, none, options) => options.length > 0 && labelled(label, select(
  `prompt-${id}`, chat.current.chat[id] ?? "", [["", none], ...options], (value) => chat.change({ [id]: value || undefined })));

function words(id, label, placeholder, tag = "input") {
  const keep = debounce(300, () => chat.change({ [id]: field.value || undefined }));
  const field = make(tag, { id: `prompt-${id}`, value: chat.current.chat[id] ?? "", placeholder, oninput: keep });
  return labelled(label, field);
}

/** Makes the panel anew for the chat that is open. */
function draw() {
  const { characters = [], templates = [] } = lists, named = (names) => names.map((name) => [name, name]);
  const states = host.models.filter(isTunedState).map(({ id }) => id);
  fill($("prompt-fields"),
    choice("character", t("Character"), t("none"), named(characters)),
    choice("mode", t("Mode"), t("by itself"), modes),
    words("name1", t("Your name"), "You"),
    choice("instruction_template", t("Template"), t("the model's own"), named(templates)),
    choice("initial_state", t("Tuned state"), t("none"), named(states)),
    words("system", t("System message"), t("How the model should answer"), "textarea"),
    words("start", t("Start reply with"), ""));
}

/** The greeting of a character begins a chat. */
async function greet() {
  const { character, name1 = "You" } = chat.current.chat, { id } = chat.current.chat;
  if (!character || chat.path().length) return;
  const card = (await askIfThere(`/v1/internal/characters/${encodeURIComponent(character)}`))?.character;
  if (!card?.greeting || chat.current.chat.id !== id || chat.path().length) return;
  await chat.greet(card.greeting.replaceAll("{{user}}", name1).replaceAll("{{char}}", card.name ?? character));
}

export async function watchPrompt() {
  on("chat-opened model", () => { if (!$("prompt-fields").contains(document.activeElement)) draw(); });
  on("chat-changed", greet);
  on("show-prompt", (message) => attempt($("view-chat"), async () => {
    const text = await promptOf(chat.current.chat, chat.current.tree.path(message.id)), { tokens } = await ask("/v1/internal/encode", { text });
    $("prompt-text").textContent = text;
    $("prompt-count").textContent = tokenCount(tokens.length);
    $("prompt-dialog").showModal();
  }));
  $("prompt-buttons").prepend(copyButton(() => $("prompt-text").textContent));
  const [characters, templates] = await Promise.all(["characters", "instruction-templates"].map((name) => askIfThere(`/v1/internal/${name}`)));
  lists = { characters: characters?.characters, templates: templates?.instruction_templates };
  draw();
}
