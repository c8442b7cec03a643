// The knobs of sampling, each marked where its value is not right or the host refused it.
import { askIfThere } from "../lib/api.js";
import { $, button, chooseFiles, fill, labelled, make, on, select } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { adopt, isRight, knobs, setValue, share, value } from "../lib/sampling.js";
import { setting } from "../lib/settings.js";
import { attempt, copyButton, toast } from "./notice.js";

/** Marks a field with what is wrong with it, or as right. */
function mark(field, problem) {
  const id = `${field.id}-problem`;
  field.setAttribute("aria-invalid", String(Boolean(problem)));
  field.setAttribute("aria-describedby", id);
  $(id)?.remove();
  if (problem) field.parentNode.append(make("small.problem", { id }, problem));
}

/** The row of each kind of knob; `refresh` shows the value that holds now. */
const rows = {
  number(knob, id) {
    const read = ({ target }) => {
      const next = target.value === "" ? NaN : Number(target.value), { low, high } = knob;
      mark(field, isRight(knob, next) ? null : next > high ? t("at most {limit}", { limit: String(high) }) : t("at least {limit}", { limit: String(low) }));
      if (!isRight(knob, next)) return;
      for (const other of [field, range]) if (other && other !== target) other.value = next;
      setValue(knob.name, next);
    };
    const { low: min, high: max, step, slides } = knob, field = make("input", { id, type: "number", min, max, step, inputMode: "decimal", oninput: read });
    const range = slides && make("input", { type: "range", min: 0, max: slides, step, "aria-label": t(knob.label), tabIndex: -1, oninput: read });
    const row = make("div.knob", { title: knob.help }, make("label", { for: id }, t(knob.label)), range, field);
    row.refresh = () => {
      if (row.contains(document.activeElement)) return;
      for (const one of [field, range]) if (one) one.value = value(knob);
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
      mark(field, right ? null : t("a whole number"));
      if (right) setValue(name, field.value || undefined);
    } });
    const row = labelled(t(label), field);
    row.refresh = () => { if (document.activeElement !== field) field.value = setting(`sampling.${name}`) ?? ""; };
    return row;
  },
};

async function presets(box) {
  const names = (await askIfThere("/v1/internal/presets"))?.presets ?? [];
  if (names.length) box.replaceWith(labelled(t("Preset"), select("preset", setting("sampling.preset") ?? "",
    [["", t("none")], ...names.map((name) => [name, name])], (name) => setValue("preset", name || undefined))));
}

export function watchSampling() {
  const made = knobs.map((knob) => rows[knob.kind](knob, `knob-${knob.name}`)), isMain = (_, at) => knobs[at].isMain, box = make("div");
  const more = make("details", { id: "more-knobs" }, make("summary", t("All knobs, seed, stops, grammar")), made.filter((row, at) => !isMain(row, at)));
  const refresh = () => made.forEach((row) => row.refresh());
  const bringIn = () => attempt($("sampling"), async () => {
    const before = share(), [file] = await chooseFiles(), text = await file.text();
    let values = null;
    try { values = JSON.parse(text); } catch { /* see below */ }
    if (values?.constructor !== Object) throw new Error(t("This file holds no sampling settings as JSON."));
    const unknown = adopt(values);
    toast(unknown.length ? t("Taken over, without {names}.", { names: unknown.join(", ") }) : t("Taken over."), () => adopt(before));
  });
  const reset = () => {
    const before = share();
    adopt({});
    toast(t("All knobs follow the host again."), () => adopt(before));
  };
  fill($("sampling"), box, made.filter(isMain), more,
    make("div.row", copyButton(() => JSON.stringify(share(), null, 1)), button(t("Import"), bringIn), button(t("Host's values"), reset)));
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
