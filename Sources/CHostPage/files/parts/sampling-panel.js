// The knobs of sampling, each marked where its value is not right or the host refused it.
import { adopt, knobs, problem, setValue, share, value } from "../lib/sampling.js";
import { $, askIfThere, attempt, button, chooseFiles, copyButton, fill, hasFocus, labelled, make, on, parsed, select, setting, t, toast } from "../lib/ui.js";

function mark(field, problem) {
	const id = `${field.id}-problem`;
	field.setAttribute("aria-invalid", Boolean(problem));
	field.setAttribute("aria-describedby", id);
	$(id)?.remove();
	if (problem) field.parentNode.append(make("small.problem", { id }, problem));
}

// A knob as a row of fields that all show the value which holds now.
function row(knob) {
	const { kind, name, label, help: title, hint, low: min, high: max, step, slides, isLong } = knob, id = `knob-${name}`, isText = kind === "text";
	const shows = kind === "switch" ? "checked" : "value";
	const oninput = ({ target }) => {
		const text = target[shows], next = kind === "number" ? parseFloat(text) : text === "" ? undefined : text, wrong = problem(knob, next);
		mark(field, wrong);
		if (wrong) return;
		for (const other of fields) if (other !== target) other.value = next;
		setValue(name, next);
	};
	const type = { number: "number", switch: "checkbox" }[kind], words = isText ? { placeholder: t(hint), spellcheck: false } : { type, min, max, step };
	const field = make(isLong ? "textarea" : "input", { id, oninput, ...words, inputMode: type && "decimal" });
	const range = slides && make("input", { type: "range", min: 0, max: slides, step, "aria-label": t(label), tabIndex: -1, oninput });
	const fields = [field, range].filter(Boolean), element = kind === "switch" ? make("label.check", { title }, field, t(label))
		: make(isText ? "div.knob.text" : "div.knob", { title }, make("label", { for: id }, t(label)), range, field);
	const refresh = () => {
		if (hasFocus(element)) return;
		for (const one of fields) one[shows] = value(knob) ?? "";
		mark(field, null);
	};
	return { element, refresh, isMain: knob.isMain };
}

async function presets(box) {
	const names = (await askIfThere("/v1/internal/presets"))?.presets ?? [];
	if (names.length) box.replaceWith(labelled(t`Preset`, select("preset", setting("sampling.preset") ?? "",
		[["", t`none`], ...names.map((name) => [name])], (name) => setValue("preset", name || undefined))));
}

on("known", () => {
	const rows = knobs.map(row), elements = (isMain) => rows.filter((row) => Boolean(row.isMain) === isMain).map(({ element }) => element), box = make("div");
	const more = make("details", { id: "more-knobs" }, make("summary", t`All knobs, seed, stops, grammar`), elements(false));
	const refresh = () => rows.forEach((row) => row.refresh());
	const replace = (values, told) => {
		const before = share(), unknown = adopt(values);
		toast(told(unknown), () => adopt(before));
	};
	const bringIn = () => attempt("sampling", async () => {
		const [file] = await chooseFiles(), values = parsed(await file.text());
		if (values?.constructor !== Object) throw new Error(t`This file holds no sampling settings.`);
		replace(values, (unknown) => unknown.length ? t`Taken over, without ${unknown.join(", ")}.` : t`Taken over.`);
	});
	fill("sampling", box, elements(true), more, make("div.row", copyButton(() => JSON.stringify(share(), null, 1)),
		button(t`Import`, bringIn), button(t`Host's values`, () => replace({}, () => t`All knobs follow the host again.`))));
	on("sampling-replaced", refresh);
	on("setting", (name) => { if (name.startsWith("sampling.")) refresh(); });
	on("field-refused", ({ param, message }) => {
		const field = $(`knob-${param}`);
		if (!field) return;
		more.open = true;
		mark(field, message);
		field.focus();
	});
	refresh();
	presets(box);
});
