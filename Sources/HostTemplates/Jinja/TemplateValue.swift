import HostCore

/// A value while a template runs: what Python would have, as far as templates need it.
enum TemplateValue {
    /// A name or member that is not there; it prints as nothing and must not be looked into.
    case undefined(String)
    case none
    case bool(Bool)
    case integer(Int)
    /// A whole number beyond 64 bits.
    case large(Int128)
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
        case .large: true
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
        case .integer, .large, .number: "a number"
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
    /// What the items of a tuple are called besides, in their order.
    let names: [String]
    let depth: Int

    init(_ items: [TemplateValue], isTuple: Bool = false, names: [String] = []) {
        self.items = items
        self.isTuple = isTuple
        self.names = names
        depth = 1 + (items.lazy.map(\.depth).max() ?? 0)
    }
}

/// A mapping from strings and whole numbers, in the order of insertion.
struct TemplateDictionary {
    private(set) var members: [(key: TemplateKey, value: TemplateValue)] = []
    private(set) var depth = 1
    private var index: [TemplateKey: Int] = [:]

    subscript(key: String) -> TemplateValue? {
        get { self[.text(ExactString(key))] }
        set { self[.text(ExactString(key))] = newValue }
    }

    subscript(key: TemplateKey) -> TemplateValue? {
        get { index[key].map { members[$0].value } }
        set {
            guard let newValue else { return }
            depth = max(depth, 1 + newValue.depth)
            if let position = index[key] {
                members[position].value = newValue
            } else {
                index[key] = members.count
                members.append((key, newValue))
            }
        }
    }
}

/// A key of a mapping.
enum TemplateKey: Hashable, Sendable {
    case text(ExactString)
    case number(Int)

    /// Nil for what is not offered as a key.
    init?(_ value: TemplateValue) {
        if case .string(let text) = value {
            self = .text(ExactString(text))
        } else if let number = value.wholeNumber {
            self = .number(number)
        } else {
            return nil
        }
    }

    var value: TemplateValue {
        switch self {
        case .text(let key): .string(key.text)
        case .number(let key): .integer(key)
        }
    }

    /// As JSON writes it.
    var text: String {
        switch self {
        case .text(let key): key.text
        case .number(let key): String(key)
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
    /// How many loops it is called from, with itself.
    var depth = 1
    /// What is run where a recursive loop calls itself.
    var recursion: TemplateForLoop?
}

/// Something that can be called.
enum TemplateFunction {
    case global(String)
    case method(String, on: TemplateValueBox)
    case macro(TemplateMacro)
    /// The body of a call block, which sees what stands around it.
    case caller(TemplateMacro, scopes: [[String: TemplateValue]])
    case loopCycle(position: Int)
    case cycler(TemplateCycler)
    case cyclerNext(TemplateCycler)
    case cyclerReset(TemplateCycler)
    case joiner(TemplateJoiner)
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
