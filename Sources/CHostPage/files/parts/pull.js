// Gets a model from where models are published, with its progress; hidden where the host does not do that.
import { askIfThere, attempt, button, bytes, fill, form, labelled, line, make, percent, progress, refresh, send, show, soft, t, timeLeft } from "../lib/ui.js";

const states = { listing: t`looking`, fetching: t`being fetched`, checking: t`being checked`, finished: t`is here`, cancelled: t`cancelled` };
const isGoing = ({ state }) => ["listing", "fetching", "checking"].includes(state);

export function pullForm(place) {
	const field = make("input", { id: "pull-repo", placeholder: "RWKV/rwkv-4-169m-pile", spellcheck: false, autocomplete: "off", required: true });
	const list = make("ul.pulls", { role: "list" });
	const act = (path, body, method = "POST") => attempt(place, async () => {
		await send(`/v1/internal/model/pull${path}`, body, { method });
		look();
	});
	const get = (repo, files) => act("", { repo, files });
	const item = ({ id, repo, error, state, progress: share, completed_bytes: done, total_bytes: all, seconds_left: left }) => make("li",
		make("b", repo), make("small", !error && (states[state] ?? state)),
		isGoing({ state }) && [
			progress(share, t`Getting ${repo}`),
			make("small", line(`${bytes(done)} / ${bytes(all)}`, percent(share), left !== null && timeLeft(left))),
			button(t`Cancel`, () => act(`/${id}`, undefined, "DELETE")),
		],
		error && [make("p.why", error.message), make("div.tries", (error.choices ?? []).map(
			({ name, bytes: size }) => button(`${name} · ${bytes(size)}`, () => get(repo, [name]))))]);
	let timer, before = "";
	async function look() {
		clearTimeout(timer);
		const pulls = (await askIfThere("/v1/internal/model/pulls"))?.pulls;
		if (!show(place, pulls)) return;
		fill(list, pulls.map(item));
		const states = pulls.map(({ state }) => state).join();
		if (states !== before) refresh();
		before = states;
		if (pulls.some(isGoing)) timer = setTimeout(look, 1000);
	}
	place.append(form("", () => get(field.value.trim()), labelled(t`Get a model`, field, make("button.primary", t`Get`))),
		soft(t`The name of a repository; its files come into the models/ folder.`), list);
	look();
}
