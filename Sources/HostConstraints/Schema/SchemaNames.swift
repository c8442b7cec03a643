import HostCore

/// Where the names that a schema gives to its parts lead, as JSON pointers.
struct SchemaNames {
    private var pointers: [String: String] = [:]
    /// What the document calls itself.
    private let own: String

    init(_ document: JSONValue) {
        own = SchemaNames.resolved((document["$id"] ?? document["id"])?.stringValue ?? "", in: "")
        collect(document, "#", base: "", depth: 0)
    }

    /// - Parameter base: the `$id` around.
    private mutating func collect(_ value: JSONValue, _ pointer: String, base: String, depth: Int) {
        guard depth < ConstraintLimits.depth else { return }
        if let list = value.arrayValue {
            for (number, item) in list.enumerated() { collect(item, "\(pointer)/\(number)", base: base, depth: depth + 1) }
        }
        guard let object = value.objectValue else { return }
        var base = base
        // A property may be called so, too; then it is not a string.
        for name in ["$id", "id"] {
            guard let id = object[name]?.stringValue, !id.isEmpty else { continue }
            base = SchemaNames.resolved(id, in: base)
            add(base, pointer)
        }
        for name in ["$anchor", "$dynamicAnchor"] {
            if let anchor = object[name]?.stringValue { add("\(base)#\(anchor)", pointer) }
        }
        for (key, member) in object.members where !["enum", "const", "default", "examples"].contains(key) {
            let step = key.replacing("~", with: "~0").replacing("/", with: "~1").replacing("%", with: "%25")
            collect(member, "\(pointer)/\(step)", base: base, depth: depth + 1)
        }
    }

    private mutating func add(_ name: String, _ pointer: String) {
        if pointers[name] == nil { pointers[name] = pointer }
    }

    /// A name below the folder of another, as far as schemas of one document need it.
    private static func resolved(_ id: String, in base: String) -> String {
        let id = id.hasSuffix("#") ? String(id.dropLast()) : id
        guard !id.hasPrefix("#"), !id.contains(":"), let slash = base.lastIndex(of: "/") else {
            return id.hasPrefix("#") ? base + id : id
        }
        return base[...slash] + id
    }

    /// The JSON pointer of a reference; nil for one that leads out of the document.
    func pointer(_ reference: String) -> String? {
        if reference == "#" || reference.hasPrefix("#/") { return reference }
        let parts = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let fragment = parts.count > 1 ? parts[1] : ""
        for base in parts[0].isEmpty ? [own] : [parts[0], SchemaNames.resolved(parts[0], in: own)] {
            if let known = pointers["\(base)#\(fragment)"] { return known }
            guard !base.isEmpty, let known = pointers[base] else { continue }
            if fragment.isEmpty { return known }
            if fragment.hasPrefix("/") { return known + fragment }
        }
        return nil
    }
}

extension SchemaCompiler {
    func pointer(_ value: JSONValue, at path: String) throws(ConstraintProblem) -> String {
        guard let text = value.stringValue else {
            throw ConstraintProblem("schema, \(path): \"$ref\" must be a string")
        }
        guard let pointer = names.pointer(text) else {
            throw ConstraintProblem(
                "schema, \(path): \"$ref\" to \"\(text.prefix(80))\": only references into it (#/…) are supported")
        }
        return pointer
    }

    /// - Source: RFC 6901, section 6.
    func value(of pointer: String, at path: String) throws(ConstraintProblem) -> JSONValue {
        var value = document
        let missing = ConstraintProblem("schema, \(path): \"$ref\" names \"\(pointer.prefix(80))\", which is not there")
        for part in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let name = SchemaCompiler.decoded(part).replacing("~1", with: "/").replacing("~0", with: "~")
            if let list = value.arrayValue {
                guard let index = Int(name), list.indices.contains(index) else { throw missing }
                value = list[index]
            } else {
                guard let member = value[name] else { throw missing }
                value = member
            }
        }
        return value
    }

    /// Without percent escapes.
    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
