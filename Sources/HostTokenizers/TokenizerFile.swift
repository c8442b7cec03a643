// HostTokenizers: text to token numbers and back, in the two ways that RWKV models use.
package import HostCore
import HostFiles

/// Opens tokenizer files, whatever their name, by what is in them.
package enum TokenizerFile {
    /// Several times the largest vocabularies in use; more is refused before it is read.
    static let maximumByteCount = 64 << 20

    /// Reads a Hugging Face `tokenizer.json` (byte-level BPE or RwkvTrie), or a World vocabulary as text, as JSON or as a Hugging Face `vocab.txt`.
    ///
    /// - Throws: `LoadError` that names the file, and the line or the field.
    package static func open(path: String) throws(LoadError) -> any Tokenizer {
        try open(bytes: read(path: path), name: path)
    }

    /// The same for bytes already in memory; `name` is what errors call them.
    package static func open(bytes: [UInt8], name: String) throws(LoadError) -> any Tokenizer {
        switch bytes.first(where: { !$0.isASCIISpace }) {
        case nil:
            throw LoadError(.truncated, name, "the tokenizer file is empty", advice: "Copy or download it again.")
        case UInt8(ascii: "{"):
            return try openJSON(bytes, name: name)
        case let first? where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first):
            return try WorldTokenizer(vocabulary: bytes, name: name)
        case UInt8(ascii: "b"):
            return try WorldTokenizer(literals: bytes, name: name)
        default:
            throw unrecognised(bytes, name: name)
        }
    }

    private static func openJSON(_ bytes: [UInt8], name: String) throws(LoadError) -> any Tokenizer {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw LoadError(
                .corrupt, name, "not valid JSON: \(error)",
                advice: "Copy or download the file again; it may be cut off.")
        }
        if let model = json["model"] {
            return model["type"] == "RwkvTrie"
                ? try WorldTokenizer(trie: json, name: name) : try BytePairTokenizer(json: json, name: name)
        }
        if json["1"] != nil { return try WorldTokenizer(json: json, name: name) }
        throw LoadError(
            .unrecognised, name, "a JSON file without \"model\", so no tokenizer.json",
            advice: "The right file is named tokenizer.json or 20B_tokenizer.json, not tokenizer_config.json.")
    }

    private static func unrecognised(_ bytes: [UInt8], name: String) -> LoadError {
        if let damage = DamagedText(bytes) { return LoadError(.unrecognised, name, damage.found, advice: damage.advice) }
        return LoadError(
            .unrecognised, name, "neither a tokenizer.json nor a World vocabulary (lines such as: 10 '\\t' 1)")
    }

    static func read(path: String) throws(LoadError) -> [UInt8] {
        do {
            return try PlainFile.text(of: path, atMost: maximumByteCount)
        } catch {
            throw LoadError(error)
        }
    }
}

extension UInt8 {
    /// Space, tab and line ends.
    var isASCIISpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}
