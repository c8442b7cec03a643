import HostCore

/// Sampling parameters under a name: `preset` in a request stands for all of them at once.
///
/// A preset sets every parameter that presets have, those that it does not name to the value that changes nothing, and
/// wins over what the request says of them. A file in the preset folder wins over a built-in one, and that over one that the
/// model brings along.
///
/// - Source: text-generation-webui `modules/presets.py`, and its built-in presets of 2023 and 2026.
enum Presets {
    static let knobs = SamplingKnob.all.filter(\.isInPresets)

    /// Has the fields of a request's preset stand in place of its own.
    static func apply(to reader: inout FieldReader, in context: EndpointContext) throws(APIError) {
        guard let name = try reader.string("preset"), !name.isEmpty, name != "None" else { return }
        let model = try reader.modelName()
        let preset = try PresetLibrary(context.configuration, models: reader.modelPresets, of: model).preset(named: name)
        // Such as `penalty_decay`, which the presets of RWKV's own models set.
        let further = SamplingKnob.all.filter { knob in !knob.isInPresets && preset[knob.name]?.present != nil }
        for key in preset.keys where !(knobs + further).contains(where: { $0.name == key }) {
            context.once.warning("the preset \"\(name)\" sets \"\(key.prefix(64))\", which no preset has; it is ignored")
        }
        for knob in knobs + further {
            for alias in knob.names.dropFirst() { reader.replace(alias, with: nil) }
            reader.replace(knob.name, with: preset[knob.name]?.present ?? knob.presetValue)
        }
    }
}
