import HostCore

/// A value while a template runs: what Python would have, as far as templates need it.
enum TemplateValue {
    /// A name or member that is not there; it prints as nothing and must not be looked into.
    case undefined(String)
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case list(TemplateList)
    case dictionary(TemplateDictionary)
    /// The only value that changes: what `namespace()` makes.
    case namespace(TemplateNamespace)
    case loop(TemplateLoop)
    case function(TemplateFunction)

    init(_ json: JSONValue) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .number(value)
        case .float32(let value): self = .number(Double(value))
        case .string(let value): self = .string(value)
        case .array(let values): self = .list(TemplateList(values.map(TemplateValue.init)))
        case .object(let object):
            var dictionary = TemplateDictionary()
            for (key, value) in object.members { dictionary[key] = TemplateValue(value) }
            self = .dictionary(dictionary)
        }
    }

    /// How deep lists and dictionaries nest in it; limited, because values are compared, printed and freed recursively.
    var depth: Int {
        switch self {
        case .list(let list): list.depth
        case .dictionary(let dictionary): dictionary.depth
        default: 0
        }
    }

    /// Whether it may be put into a list, a dictionary or a namespace. What refers to other values may not, so that no
    /// value can contain itself.
    var isPlainData: Bool {
        switch self {
        case .namespace, .loop, .function: false
        default: true
        }
    }

    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .number(let value): value != 0
        case .string(let value): !value.isEmpty
        case .list(let list): !list.items.isEmpty
        case .dictionary(let dictionary): !dictionary.members.isEmpty
        case .namespace, .loop, .function: true
        }
    }

    /// The kind in words, for messages.
    var kind: String {
        switch self {
        case .undefined(let name): "\(name), which is undefined"
        case .none: "none"
        case .bool: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .list(let list): list.isTuple ? "a tuple" : "a list"
        case .dictionary: "a mapping"
        case .namespace: "a namespace"
        case .loop: "the loop"
        case .function: "a function"
        }
    }
}

/// A list or tuple.
struct TemplateList {
    let items: [TemplateValue]
    let isTuple: Bool
    let depth: Int

    init(_ items: [TemplateValue], isTuple: Bool = false) {
        self.items = items
        self.isTuple = isTuple
        depth = 1 + (items.lazy.map(\.depth).max() ?? 0)
    }
}

/// A mapping from strings, in the order of insertion.
struct TemplateDictionary {
    private(set) var members: [(key: String, value: TemplateValue)] = []
    private(set) var depth = 1
    private var index: [ExactString: Int] = [:]

    subscript(key: String) -> TemplateValue? {
        get { index[ExactString(key)].map { members[$0].value } }
        set {
            guard let newValue else { return }
            depth = max(depth, 1 + newValue.depth)
            if let position = index[ExactString(key)] {
                members[position].value = newValue
            } else {
                index[ExactString(key)] = members.count
                members.append((key, newValue))
            }
        }
    }
}

/// Variables that a template may change from inside loops.
final class TemplateNamespace {
    var members = TemplateDictionary()
}

/// What `loop` is inside a loop.
struct TemplateLoop {
    let items: [TemplateValue]
    let position: Int
}

/// Something that can be called.
enum TemplateFunction {
    case global(String)
    case method(String, on: TemplateValueBox)
    case macro(TemplateMacro)
    case loopCycle(position: Int)
}

/// Breaks the recursion of value types.
final class TemplateValueBox {
    let value: TemplateValue

    init(_ value: TemplateValue) { self.value = value }
}

/// A string that equals another only when their bytes do.
struct ExactString: Hashable, Sendable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: ExactString, right: ExactString) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }
}
