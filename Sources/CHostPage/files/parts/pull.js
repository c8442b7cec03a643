// Gets a model from where models are published, with its progress; hidden where the host does not do that.
import { askIfThere, send } from "../lib/api.js";
import { button, fill, labelled, make, progress, show } from "../lib/dom.js";
import { refresh } from "../lib/host.js";
import { bytes, line, percent, t, timeLeft } from "../lib/i18n.js";
import { attempt } from "./notice.js";

const states = { listing: t("looking"), fetching: t("being fetched"), checking: t("being checked"), finished: t("is here"), cancelled: t("cancelled") };
const isGoing = ({ state }) => ["listing", "fetching", "checking"].includes(state);

export function pullForm(place) {
  const field = make("input", { id: "pull-repo", placeholder: "RWKV/rwkv-4-169m-pile", spellcheck: false, autocomplete: "off", required: true });
  const list = make("ul.pulls", { role: "list" });
  const act = (path, body, method = "POST") => attempt(place, async () => {
    await send(`/v1/internal/model/pull${path}`, body, { method });
    look();
  });
  const get = (repo, files) => act("", { repo, files });
  const item = (pull) => make("li", make("b", pull.repo), make("small", pull.error ? "" : states[pull.state] ?? pull.state),
    isGoing(pull) && [
      progress(pull.progress, t("Getting {name}", { name: pull.repo })),
      make("small", line(`${bytes(pull.completed_bytes)} / ${bytes(pull.total_bytes)}`, percent(pull.progress), pull.seconds_left !== null && timeLeft(pull.seconds_left))),
      button(t("Cancel"), () => act(`/${pull.id}`, undefined, "DELETE")),
    ],
    pull.error && [make("p.why", pull.error.message), make("div.tries", (pull.error.choices ?? []).map(
      ({ name, bytes: size }) => button(`${name} · ${bytes(size)}`, () => get(pull.repo, [name]))))]);
  let timer, before = "";
  async function look() {
    clearTimeout(timer);
    const pulls = (await askIfThere("/v1/internal/model/pulls"))?.pulls;
    if (!show(place, Boolean(pulls))) return;
    fill(list, pulls.map(item));
    const ended = pulls.map((pull) => pull.state).join();
    if (ended !== before) refresh();
    before = ended;
    if (pulls.some(isGoing)) timer = setTimeout(look, 1000);
  }
  place.append(make("form", { onsubmit: (event) => {
    event.preventDefault();
    get(field.value.trim());
  } }, labelled(t("Get a model"), field, make("button.primary", t("Get")))),
  make("p.soft", t("The name of a repository; its files come into the models/ folder.")), list);
  look();
}
