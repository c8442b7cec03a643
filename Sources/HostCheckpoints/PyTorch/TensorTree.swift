import HostCore

/// The tensors of a pickle under joined names, such as `state_dict/blocks.0.ln1.weight`.
struct TensorTree {
    struct Leaf {
        let name: String
        /// Position in `PickleResult.tensors`.
        let tensor: Int
    }

    /// In the order of the file.
    private(set) var leaves: [Leaf] = []
    /// The plain values at the top level, as text, such as `_version`.
    private(set) var plainValues: [String: String] = [:]

    /// No trainer nests deeper; the zoo of bad files does.
    static let maximumDepth = 32
    /// A name longer than this is not the name of a tensor.
    static let maximumNameLength = 4096
    static let maximumTensorCount = 100_000

    private struct Frame {
        let container: Int
        let prefix: String
        var next = 0
    }

    /// - Throws: `LoadError` when the top is not a dictionary, when names repeat, or when the nest is deep, cyclic or made
    ///   of the same part over and over.
    init(_ pickle: PickleResult, subject: String) throws(LoadError) {
        guard case .container(let root) = pickle.root,
            [.dictionary, .orderedDictionary].contains(pickle.containers[root].kind)
        else {
            throw LoadError(
                .unrecognised, subject, "expected a dictionary of tensors, found \(Self.kind(of: pickle.root, pickle))",
                advice: "Save the state dict of the model.")
        }
        var visits = 0
        let limit = 2 * PickleMachine.maximumCount
        var frames = [Frame(container: root, prefix: "")]
        while let frame = frames.popLast() {
            let container = pickle.containers[frame.container]
            guard frame.next < container.items.count else { continue }
            frames.append(Frame(container: frame.container, prefix: frame.prefix, next: frame.next + 1))
            visits += 1
            guard visits <= limit else {
                throw LoadError(.corrupt, subject, "the pickle repeats a part of itself more than \(limit) times")
            }
            let component = Self.component(container, frame.next)
            let length = frame.prefix.utf8.count + component.utf8.count
            switch container.values.isEmpty ? container.items[frame.next] : container.values[frame.next] {
            case .tensor(let tensor):
                guard length <= Self.maximumNameLength, leaves.count < Self.maximumTensorCount else {
                    throw LoadError(
                        .corrupt, subject,
                        "more than \(Self.maximumTensorCount) tensors, or one under a name of "
                            + "\(length) bytes")
                }
                leaves.append(Leaf(name: frame.prefix + component, tensor: tensor))
            case .container(let child):
                guard frames.count < Self.maximumDepth, length <= Self.maximumNameLength else {
                    throw LoadError(
                        .corrupt, subject, "the pickle nests more than \(Self.maximumDepth) levels deep",
                        advice: "Save only the state dict of the model.")
                }
                frames.append(Frame(container: child, prefix: frame.prefix + component + "/"))
            case let value: if frames.count == 1 { plainValues[component] = Self.text(of: value) }
            }
        }
    }

    private static func component(_ container: PickleContainer, _ position: Int) -> String {
        guard !container.values.isEmpty else { return String(position) }
        return text(of: container.items[position]) ?? "#\(position)"
    }

    private static func text(of value: PickleValue) -> String? {
        switch value {
        case .none: "None"
        case .bool(let value): value ? "True" : "False"
        case .int(let value): String(value)
        case .float(let value): value.description
        case .string(let value): value
        default: nil
        }
    }

    private static func kind(of value: PickleValue, _ pickle: PickleResult) -> String {
        switch value {
        case .none: "nothing"
        case .bool, .int, .float: "a number"
        case .string: "a text"
        case .global: "a name"
        case .container(let position): "a \(pickle.containers[position].kind.rawValue)"
        case .storage: "a storage"
        case .tensor: "a single tensor"
        }
    }
}
