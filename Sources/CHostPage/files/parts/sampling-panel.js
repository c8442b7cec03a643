// The knobs of sampling, each marked where its value is not right or the host refused it.
import { askIfThere } from "../lib/api.js";
import { adopt, isRight, knobs, setValue, share, value } from "../lib/sampling.js";
import { $, button, chooseFiles, fill, labelled, make, on, parsed, select, setting, t } from "../lib/ui.js";
import { attempt, copyButton, toast } from "./notice.js";

function mark(field, problem) {
	const id = `${field.id}-problem`;
	field.setAttribute("aria-invalid", Boolean(problem));
	field.setAttribute("aria-describedby", id);
	$(id)?.remove();
	if (problem) field.parentNode.append(make("small.problem", { id }, problem));
}

// The row of each kind of knob; `refresh` shows the value that holds now.
const rows = {
	number(knob, id) {
		const { name, label, help, low: min, high: max, step, slides } = knob;
		const read = ({ target }) => {
			const next = target.value === "" ? NaN : Number(target.value);
			mark(field, isRight(knob, next) ? null : next > max ? t`at most ${String(max)}` : t`at least ${String(min)}`);
			if (!isRight(knob, next)) return;
			for (const other of both) if (other !== target) other.value = next;
			setValue(name, next);
		};
		const field = make("input", { id, type: "number", min, max, step, inputMode: "decimal", oninput: read });
		const range = slides && make("input", { type: "range", min: 0, max: slides, step, "aria-label": t(label), tabIndex: -1, oninput: read });
		const both = [field, range].filter(Boolean), row = make("div.knob", { title: help }, make("label", { for: id }, t(label)), range, field);
		row.refresh = () => {
			if (row.contains(document.activeElement)) return;
			for (const one of both) one.value = value(knob);
			mark(field, null);
		};
		return row;
	},
	switch(knob, id) {
		const field = make("input", { type: "checkbox", id, onchange: () => setValue(knob.name, field.checked) });
		const row = make("label.check", { title: knob.help }, field, t(knob.label));
		row.refresh = () => { field.checked = value(knob) === true; };
		return row;
	},
	text({ name, label, hint, isLong, check }, id) {
		const field = make(isLong ? "textarea" : "input", { id, placeholder: t(hint), spellcheck: false, oninput: () => {
			const right = check?.test(field.value) ?? true;
			mark(field, right ? null : t`a whole number`);
			if (right) setValue(name, field.value || undefined);
		} });
		const row = labelled(t(label), field);
		row.refresh = () => { if (document.activeElement !== field) field.value = setting(`sampling.${name}`) ?? ""; };
		return row;
	},
};

async function presets(box) {
	const names = (await askIfThere("/v1/internal/presets"))?.presets ?? [];
	if (names.length) box.replaceWith(labelled(t`Preset`, select("preset", setting("sampling.preset") ?? "",
		[["", t`none`], ...names.map((name) => [name])], (name) => setValue("preset", name || undefined))));
}

export function watchSampling() {
	const made = knobs.map((knob) => rows[knob.kind](knob, `knob-${knob.name}`)), isMain = (_, at) => knobs[at].isMain, box = make("div");
	const more = make("details", { id: "more-knobs" }, make("summary", t`All knobs, seed, stops, grammar`), made.filter((row, at) => !isMain(row, at)));
	const refresh = () => made.forEach((row) => row.refresh());
	const replace = (values, told) => {
		const before = share(), unknown = adopt(values);
		toast(told(unknown), () => adopt(before));
	};
	const bringIn = () => attempt("sampling", async () => {
		const [file] = await chooseFiles(), values = parsed(await file.text());
		if (values?.constructor !== Object) throw new Error(t`This file holds no sampling settings as JSON.`);
		replace(values, (unknown) => unknown.length ? t`Taken over, without ${unknown.join(", ")}.` : t`Taken over.`);
	});
	fill("sampling", box, made.filter(isMain), more, make("div.row", copyButton(() => JSON.stringify(share(), null, 1)),
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
}
