import HostCore

/// What a `tokenizer.json` says, checked: everything it holds is either in here, without effect, or refused by name.
///
/// - Source: huggingface/tokenizers, the JSON forms of its normalizers, pre_tokenizers, models and processors.
struct BytePairDefinition {
    /// More than any vocabulary in use has; a number beyond it would only make a table of holes.
    static let maximumTokenID = (1 << 20) - 1

    /// Whether the text is normalised to form C.
    private(set) var composes = false
    /// Whether a text that does not begin with a space is given one.
    private(set) var addsPrefixSpace = false
    /// Whether the text is cut into words first.
    private(set) var splitsWords = true
    /// Whether a word that is a token is taken whole, whatever the merges say.
    private(set) var ignoresMerges = false
    /// The token for bytes that have none, and whether neighbours of it are one.
    private(set) var unknownToken: Int32?
    private(set) var fusesUnknown = false
    private(set) var addedTokens: [AddedToken] = []
    /// The pieces by number, as the file spells them; nil where there is none.
    private(set) var pieces: [String?] = []
    private(set) var merges = MergeTable(capacity: 0)
    /// The numbers of the pieces of the model proper, without added tokens.
    private(set) var numbers: [[UInt8]: Int32] = [:]

    private let name: String

    init(json: JSONValue, name: String) throws(LoadError) {
        self.name = name
        guard let model = json["model"], model.objectValue != nil else {
            throw LoadError(.unrecognised, name, "no \"model\" object, so no tokenizer.json")
        }
        try checkType(of: model)
        try readNormalizer(json["normalizer"] ?? .null, "normalizer")
        guard try readPreTokenizer(json["pre_tokenizer"] ?? .null, "pre_tokenizer") else {
            throw unsupported("pre_tokenizer", "none", expected: "ByteLevel")
        }
        try checkPostProcessor(json["post_processor"] ?? .null, "post_processor")
        try checkDecoder(json["decoder"] ?? .null, "decoder")
        try readModel(model)
        try readAddedTokens(json["added_tokens"] ?? .array([]))
    }

    // MARK: Stages

    private mutating func readNormalizer(_ stage: JSONValue, _ field: String) throws(LoadError) {
        switch try type(of: stage, field) {
        case nil: break
        case "NFC": composes = true
        case "Sequence":
            for (number, part) in try list(stage, "normalizers", field).enumerated() {
                try readNormalizer(part, "\(field).normalizers[\(number)]")
            }
        case let other?: throw unsupported(field, other, expected: "NFC")
        }
    }

    /// Whether the stage is there.
    private mutating func readPreTokenizer(_ stage: JSONValue, _ field: String) throws(LoadError) -> Bool {
        switch try type(of: stage, field) {
        case nil: return false
        case "ByteLevel":
            addsPrefixSpace = try flag(stage, "add_prefix_space", field, default: true)
            splitsWords = try flag(stage, "use_regex", field, default: true)
            return true
        case "Sequence":
            let parts = try list(stage, "pretokenizers", field)
            guard parts.count == 1 else {
                throw unsupported(field, "Sequence of \(parts.count)", expected: "ByteLevel alone")
            }
            return try readPreTokenizer(parts[0], "\(field).pretokenizers[0]")
        case let other?: throw unsupported(field, other, expected: "ByteLevel")
        }
    }

    /// A post-processor may trim offsets, which are not used here, but must not add tokens.
    private func checkPostProcessor(_ stage: JSONValue, _ field: String) throws(LoadError) {
        switch try type(of: stage, field) {
        case nil, "ByteLevel": break
        case "Sequence":
            for (number, part) in try list(stage, "processors", field).enumerated() {
                try checkPostProcessor(part, "\(field).processors[\(number)]")
            }
        case "TemplateProcessing":
            let single = try list(stage, "single", field)
            guard single.count == 1, single[0]["Sequence"] != nil else {
                throw unsupported(field, "TemplateProcessing with added tokens", expected: "one that adds none")
            }
        case let other?: throw unsupported(field, other, expected: "ByteLevel, which adds no tokens")
        }
    }

    private func checkDecoder(_ stage: JSONValue, _ field: String) throws(LoadError) {
        switch try type(of: stage, field) {
        case nil, "ByteLevel": break
        case let other?: throw unsupported(field, other, expected: "ByteLevel")
        }
    }

    // MARK: The model

    private func checkType(of model: JSONValue) throws(LoadError) {
        guard let type = try type(of: model, "model", isOptional: true), type != "BPE" else { return }
        guard type == "WordLevel" else { throw unsupported("model", type, expected: "BPE or RwkvTrie") }
        throw LoadError(
            .unsupported, name, "a vocabulary of whole words (WordLevel), as RWKV's models of MIDI music have",
            advice: "The host writes text: use RWKV-Runner or ChatRWKV's music demos for such a model.")
    }

    private mutating func readModel(_ model: JSONValue) throws(LoadError) {
        if let dropout = model["dropout"], !dropout.isNull, dropout.doubleValue != 0 {
            throw unsupported("model.dropout", dropout.encoded(), expected: "null")
        }
        for field in ["continuing_subword_prefix", "end_of_word_suffix"] {
            if let text = model[field], !text.isNull, text.stringValue != "" {
                throw unsupported("model.\(field)", text.encoded(), expected: "null")
            }
        }
        if try flag(model, "byte_fallback", "model", default: false) {
            throw unsupported("model.byte_fallback", "true", expected: "false")
        }
        fusesUnknown = try flag(model, "fuse_unk", "model", default: false)
        ignoresMerges = try flag(model, "ignore_merges", "model", default: false)
        try readVocabulary(model["vocab"])
        try readMerges(model["merges"])
        if let unknown = model["unk_token"], !unknown.isNull {
            guard let text = unknown.stringValue, let id = numbers[Array(text.utf8)] else {
                throw LoadError(.corrupt, name, "model.unk_token \(unknown.encoded()) is not in model.vocab")
            }
            unknownToken = id
        }
    }

    private mutating func readVocabulary(_ value: JSONValue?) throws(LoadError) {
        guard let vocabulary = value?.objectValue else { throw expected("model.vocab", "an object", value) }
        guard !vocabulary.isEmpty else { throw LoadError(.corrupt, name, "model.vocab is empty") }
        numbers.reserveCapacity(vocabulary.count)
        for (piece, number) in vocabulary.members {
            let id = try tokenID(number, "model.vocab[\(JSONValue.string(piece).encoded())]")
            try place(piece, at: id, "model.vocab")
            numbers[Array(piece.utf8)] = Int32(id)
        }
    }

    private mutating func readMerges(_ value: JSONValue?) throws(LoadError) {
        guard let list = value?.arrayValue else { throw expected("model.merges", "an array", value) }
        guard list.count <= MergeTable.maximumCount else {
            throw LoadError(
                .unsupported, name,
                "model.merges has \(list.count) entries; at most \(MergeTable.maximumCount) are read")
        }
        merges = MergeTable(capacity: list.count)
        for (number, entry) in list.enumerated() {
            if let text = entry.stringValue, text.utf8.starts(with: "#version".utf8) { continue }
            guard let (left, right) = BytePairDefinition.pair(entry) else {
                throw LoadError(
                    .corrupt, name, "model.merges[\(number)] is \(entry.encoded()); expected \"a b\" or [\"a\", \"b\"]")
            }
            guard let leftID = numbers[left], let rightID = numbers[right], let result = numbers[left + right] else {
                throw LoadError(
                    .corrupt, name,
                    "model.merges[\(number)] \(entry.encoded()): the parts and their union must all be in model.vocab")
            }
            merges.append(left: leftID, right: rightID, result: result)
        }
    }

    private static func pair(_ entry: JSONValue) -> (left: [UInt8], right: [UInt8])? {
        switch entry {
        case .string(let text):
            let bytes = Array(text.utf8)
            guard let space = bytes.firstIndex(of: 0x20), bytes.lastIndex(of: 0x20) == space else { return nil }
            return (Array(bytes[..<space]), Array(bytes[(space + 1)...]))
        case .array(let parts):
            guard parts.count == 2, let left = parts[0].stringValue, let right = parts[1].stringValue else {
                return nil
            }
            return (Array(left.utf8), Array(right.utf8))
        default: return nil
        }
    }

    // MARK: Added tokens

    private mutating func readAddedTokens(_ value: JSONValue) throws(LoadError) {
        if value.isNull { return }
        guard let list = value.arrayValue else { throw expected("added_tokens", "an array", value) }
        var seen: Set<[UInt8]> = []
        for (number, entry) in list.enumerated() {
            let field = "added_tokens[\(number)]"
            let id = try tokenID(entry["id"], "\(field).id")
            guard let content = entry["content"]?.stringValue else {
                throw expected("\(field).content", "a string", entry["content"])
            }
            let bytes = Array(content.utf8)
            guard (1...1024).contains(bytes.count) else {
                throw LoadError(.corrupt, name, "\(field).content has \(bytes.count) bytes; expected 1 to 1024")
            }
            guard seen.insert(bytes).inserted else {
                throw LoadError(
                    .corrupt, name, "\(field).content \(JSONValue.string(content).encoded()) is there twice")
            }
            if let known = numbers[bytes], Int(known) != id {
                throw LoadError(
                    .corrupt, name, "\(field) has number \(id), but model.vocab gives the same text \(known)")
            }
            if numbers[bytes] == nil { try place(content, at: id, field) }
            addedTokens.append(
                AddedToken(
                    id: id, content: content,
                    isSpecial: try flag(entry, "special", field, default: false),
                    isNormalized: try flag(entry, "normalized", field, default: false),
                    stripsLeft: try flag(entry, "lstrip", field, default: false),
                    stripsRight: try flag(entry, "rstrip", field, default: false),
                    isSingleWord: try flag(entry, "single_word", field, default: false)))
        }
    }

    private mutating func place(_ piece: String, at id: Int, _ field: String) throws(LoadError) {
        if id >= pieces.count { pieces += Array(repeating: nil, count: id + 1 - pieces.count) }
        if let other = pieces[id] {
            let both = "\(JSONValue.string(other).encoded()) and \(JSONValue.string(piece).encoded())"
            throw LoadError(.corrupt, name, "\(field): number \(id) is given to both \(both)")
        }
        pieces[id] = piece
    }

    // MARK: Fields

    private func type(of stage: JSONValue, _ field: String, isOptional: Bool = false) throws(LoadError) -> String? {
        if stage.isNull { return nil }
        guard let type = stage["type"] else {
            if isOptional { return nil }
            throw expected("\(field).type", "a string", nil)
        }
        guard let text = type.stringValue else { throw expected("\(field).type", "a string", type) }
        return text
    }

    private func flag(
        _ object: JSONValue, _ key: String, _ field: String, default fallback: Bool
    ) throws(LoadError)
        -> Bool
    {
        guard let value = object[key], !value.isNull else { return fallback }
        guard let flag = value.boolValue else { throw expected("\(field).\(key)", "true or false", value) }
        return flag
    }

    private func list(_ object: JSONValue, _ key: String, _ field: String) throws(LoadError) -> [JSONValue] {
        guard let list = object[key]?.arrayValue else { throw expected("\(field).\(key)", "an array", object[key]) }
        return list
    }

    private func tokenID(_ value: JSONValue?, _ field: String) throws(LoadError) -> Int {
        guard let id = value?.intValue else { throw expected(field, "a token number", value) }
        guard (0...BytePairDefinition.maximumTokenID).contains(id) else {
            throw LoadError(
                .corrupt, name, "\(field) is \(id); expected 0 to \(BytePairDefinition.maximumTokenID)")
        }
        return id
    }

    private func expected(_ field: String, _ what: String, _ found: JSONValue?) -> LoadError {
        LoadError(.corrupt, name, "\(field): expected \(what), found \(found?.kind ?? "nothing")")
    }

    private func unsupported(_ field: String, _ found: String, expected: String) -> LoadError {
        LoadError(
            .unsupported, name, "\(field) is \(found), which is not supported; expected \(expected)",
            advice: "RWKV models use byte-level BPE or the World vocabulary.")
    }
}
