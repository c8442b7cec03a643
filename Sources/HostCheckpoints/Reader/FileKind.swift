import HostCore

/// What a file is by its first bytes.
enum FileKind {
    case zip
    case pytorchLegacy
    case safetensors
    case foreign(Refusal)

    /// Why a file is not a checkpoint, and what to do.
    struct Refusal {
        var kind = LoadError.Kind.unrecognised
        let found: String
        let advice: String
        /// Whether nothing is known of the bytes, so that the name may say more.
        var isUnknown = false

        func error(_ subject: String) -> LoadError { LoadError(kind, subject, found, advice: advice) }
    }

    init(_ file: any ByteRegion) {
        let head = file.array(0..<1024)
        if head.isEmpty {
            self = .foreign(Refusal(found: "not a checkpoint: the file is empty", advice: Self.downloadAgain))
        } else if Self.isSafetensors(head) {
            // First of all, because a header length may spell the magic of any other format.
            self = .safetensors
        } else if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            self = .zip
        } else if head.starts(with: PyTorchLegacy.magic) {
            self = .pytorchLegacy
        } else if let refusal = Self.otherFormat(head) {
            self = .foreign(refusal)
        } else if let refusal = Self.damagedDownload(head) ?? Self.container(head) {
            self = .foreign(refusal)
        } else if Self.looksLikeSafetensors(head) {
            self = .safetensors
        } else {
            self = .foreign(Self.textOrUnknown(head))
        }
    }

    private static let downloadAgain = "Download the file again."
    private static let useOriginal = "Use the .pth file it was made from; the host quantises while it loads (--load-in-8bit)."
    private static let useKnownFormat = "Use a .pth or .safetensors file, a Hugging Face folder, or an extension that reads it."

    /// Model files of other programs.
    private static func otherFormat(_ head: [UInt8]) -> Refusal? {
        if head.starts(with: "GGUF".utf8) { return extensionReads("GGUF", "gguf") }
        // rwkv.cpp shares the magic 0x67676D66 with old llama.cpp files, whose version is 1.
        if head.starts(with: "fmgg".utf8), head.count > 4, head[4] >= 100 { return extensionReads("rwkv.cpp .bin", "rwkv-ggml") }
        if let refusal = prepared(head) { return refusal }
        let formats: [(name: String, magic: [UInt8])] = [
            ("ggml .bin", Array("fmgg".utf8)), ("ggml .bin", Array("lmgg".utf8)), ("ggml .bin", Array("tjgg".utf8)),
            ("HDF5", [0x89] + "HDF\r\n".utf8), ("NumPy .npy", [0x93] + "NUMPY".utf8),
        ]
        return formats.first { head.starts(with: $0.magic) }
            .map { Refusal(found: "format \($0.name), no loader installed", advice: useKnownFormat) }
    }

    /// Weights that other programs of RWKV have changed for themselves.
    ///
    /// - Source: rwkv_lightning_cuda, `quant/modeling/rwkv_quantized.cpp` (`kMagic`); web-rwkv, `examples/serde.rs`, which writes
    ///   a model's struct (`context`, `info`, `rescale`, `tensor`) as a CBOR map; ONNX, `onnx.proto` (`ir_version`,
    ///   `producer_name`).
    private static func prepared(_ head: [UInt8]) -> Refusal? {
        if head.starts(with: "RWKVQ\0".utf8) {
            return Refusal(
                kind: .unsupported, found: "RWKV weights quantised by rwkv_lightning_cuda (.rwkvq), which no loader reads",
                advice: useOriginal)
        }
        let isMap = head.count > 5 && (0xA1...0xAF).contains(head[0]) || head.first == 0xBF
        if isMap, ["context", "info"].contains(where: { head.dropFirst().starts(with: [0x60 + UInt8($0.utf8.count)] + $0.utf8) }) {
            return Refusal(
                kind: .unsupported, found: "a prepared model of web-rwkv (.prefab), made for one version of it, which no loader reads",
                advice: useOriginal)
        }
        if head.count > 4, head[0] == 0x08, (1...30).contains(head[1]), head[2] == 0x12, (1...60).contains(head[3]),
            head.dropFirst(4).prefix(Int(head[3])).allSatisfy({ (0x20...0x7E).contains($0) })
        {
            return Refusal(kind: .unsupported, found: "an ONNX model, which no loader reads", advice: useOriginal)
        }
        return nil
    }

    /// What rwkv-quant writes, in either container.
    ///
    /// - Source: RafaelUI/rwkv-quant, `formats/reader.py`: the manifest `rwkvq` of a safetensors file, or a pickled class.
    static func rwkvQuant(_ form: String) -> Refusal {
        Refusal(kind: .unsupported, found: "RWKV weights quantised by rwkv-quant (\(form)), which no loader reads", advice: useOriginal)
    }

    private static func extensionReads(_ format: String, _ name: String) -> Refusal {
        Refusal(
            found: "format \(format), which the extension \(name) reads", advice: "Start the host with --extensions \(name).")
    }

    /// What only the name says: formats without a mark at their beginning, and marks that are not there.
    static func refusal(bySuffixOf path: String) -> Refusal? {
        let formats = [
            (".rwkvq", "a damaged file, or a new form, of RWKV weights quantised for rwkv_lightning_cuda or rwkv-quant (.rwkvq)"),
            (".prefab", "a damaged file, or a new form, of a prepared model of web-rwkv (.prefab)"),
            (".onnx", "an ONNX model"), (".mnn", "an MNN model"), (".rkllm", "an RKLLM model"), (".dlc", "a QNN model"),
        ]
        return formats.first { path.lowercased().hasSuffix($0.0) }.map { format in
            Refusal(kind: .unsupported, found: "\(format.1), which no loader reads", advice: useOriginal)
        }
    }

    private static func damagedDownload(_ head: [UInt8]) -> Refusal? {
        if head.starts(with: "version https://git-lfs".utf8) {
            return Refusal(
                found: "not a checkpoint: looks like a git-lfs pointer, which only names the real file",
                advice: "Run `git lfs pull` in the repository, or download the file from its page.")
        }
        let text = String(decoding: head.prefix(256), as: UTF8.self).drop { $0.isWhitespace || $0 == "\u{FEFF}" }
            .lowercased()
        if ["<!doctype", "<html", "<head", "<?xml", "<!--"].contains(where: text.hasPrefix) {
            return Refusal(
                found: "not a checkpoint: looks like an HTML page, probably an error page saved as a model",
                advice: downloadAgain)
        }
        if head.allSatisfy({ $0 == 0 }) {
            return Refusal(
                found: "not a checkpoint: it begins with nothing but zeros, as an unfinished download does",
                advice: downloadAgain)
        }
        return nil
    }

    private static func container(_ head: [UInt8]) -> Refusal? {
        let packed: [(name: String, magic: [UInt8])] = [
            ("gzip", [0x1F, 0x8B]), ("zstd", [0x28, 0xB5, 0x2F, 0xFD]), ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A]),
            ("bzip2", Array("BZh".utf8)), ("7z", [0x37, 0x7A, 0xBC, 0xAF]), ("RAR", Array("Rar!".utf8)),
        ]
        if let match = packed.first(where: { head.starts(with: $0.magic) }) {
            return Refusal(
                found: "not a checkpoint: looks like a file packed by \(match.name)", advice: "Unpack it first.")
        }
        if head.starts(with: [0x50, 0x4B, 0x05, 0x06]) {
            return Refusal(found: "not a checkpoint: looks like an empty zip archive", advice: downloadAgain)
        }
        if head.count >= 262, head[257..<262].elementsEqual("ustar".utf8) {
            return Refusal(
                found: "not a checkpoint: looks like a tar archive, as torch wrote before 0.4, or a packed folder",
                advice: "Unpack it, or save the weights again with a newer torch.")
        }
        if head.count >= 2, head[0] == 0x80, (2...5).contains(head[1]) {
            return Refusal(
                found: "not a checkpoint: looks like a bare pickle, without the magic number of torch.save",
                advice: "Save the state dict with torch.save.")
        }
        return nil
    }

    /// A length of less than 4 GiB, and the brace that every header begins with.
    private static func isSafetensors(_ head: [UInt8]) -> Bool {
        head.count > 8 && head[8] == UInt8(ascii: "{") && head[4..<8].allSatisfy { $0 == 0 }
    }

    /// One of the two at least, so that the reader of the format can say what is wrong with it.
    private static func looksLikeSafetensors(_ head: [UInt8]) -> Bool {
        head.count >= 8 && (head[4..<8].allSatisfy { $0 == 0 } || head.count > 8 && head[8] == UInt8(ascii: "{"))
    }

    private static func textOrUnknown(_ head: [UInt8]) -> Refusal {
        let isText = head.allSatisfy { $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0D].contains($0) }
        if isText, head.first == UInt8(ascii: "{") {
            return Refusal(
                found: "not a checkpoint: looks like JSON text",
                advice: "For an index or a config, give the folder that holds it.")
        }
        if isText {
            let line = String(decoding: head.prefix { $0 != 0x0A && $0 != 0x0D }.prefix(60), as: UTF8.self)
            return Refusal(found: "not a checkpoint: looks like text, \(quoted(line))", advice: useKnownFormat)
        }
        let bytes = head.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
        return Refusal(
            found: "not a checkpoint of a known format: it begins with \(bytes)", advice: useKnownFormat, isUnknown: true)
    }
}
