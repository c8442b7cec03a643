import HostCheckpoints
import HostCore

/// `modelhost inspect PATH`: a checkpoint's tensors, read to their last byte, without loading a model.
struct InspectCommand {
    let path: String
    let printsJSON: Bool

    init(_ arguments: ParsedArguments) throws(UsageError) {
        guard arguments.words.count == 1, let path = arguments.words.first else {
            throw UsageError("modelhost inspect", "needs one path, of a weight file or a folder")
        }
        self.path = path
        printsJSON = arguments.values["json"]?.boolValue ?? false
    }

    func run() throws {
        let checkpoint = try CheckpointReader.open(path: path)
        let digests = try checkpoint.digests()
        if printsJSON {
            let report = JSONObject([
                ("path", .string(path)), ("format", .string(checkpoint.format)),
                ("tensors", .array(digests.map(\.json))),
            ])
            Terminal.out(JSONValue.object(report).encoded(.pretty))
            return
        }
        var table = Table(header: ["NAME", "TYPE", "SHAPE", "SHA-256"])
        var bytes = 0
        for digest in digests {
            let shape = "[" + digest.shape.map(String.init).joined(separator: ", ") + "]"
            table.add([digest.name, digest.dtype.rawValue, shape, digest.sha256])
            bytes += digest.shape.reduce(digest.dtype.size, *)
        }
        Terminal.out(table.text)
        Terminal.out("\n\(digests.count) tensors, \(ByteCount.text(bytes)), \(checkpoint.format)")
    }
}
