import HostCore

/// A value of a pickle, as data: what torch's objects are made of, and nothing that could act.
///
/// Containers, storages and tensors stand in the arena of a `PickleResult` and are named here by their position, so
/// that deep nests and cycles cost neither recursion nor reference counts.
enum PickleValue: Sendable {
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    case global(PickleGlobal)
    case container(Int)
    case storage(Int)
    case tensor(Int)
}

/// A list, tuple, set or dictionary.
struct PickleContainer: Sendable {
    enum Kind: String, Sendable {
        case list, tuple, set, dictionary
        /// A dictionary that may carry attributes.
        case orderedDictionary = "ordered dictionary"
    }

    let kind: Kind
    /// The items of a list, tuple or set; the keys of a dictionary.
    var items: [PickleValue] = []
    /// The values of a dictionary, one for each key.
    var values: [PickleValue] = []
}

/// Where the numbers of a tensor are, as a persistent id of the pickle names it.
struct PickleStorage: Sendable {
    /// The part of another storage that old files call a view.
    struct View: Sendable {
        let key: String
        let offset: Int
        let count: Int
    }

    let key: String
    /// Nil for a storage of plain bytes.
    let dtype: DType?
    let count: Int
    let view: View?

    var elementSize: Int { dtype?.size ?? 1 }
}

/// A tensor as the pickle claims it to be; nothing is checked yet but the types.
struct PickleTensor: Sendable {
    let storage: Int
    /// Only where the storage itself has no type.
    let dtype: DType?
    let offset: Int
    let shape: [Int]
    let strides: [Int]
}

/// All that a pickle held.
struct PickleResult: Sendable {
    let root: PickleValue
    let containers: [PickleContainer]
    let storages: [PickleStorage]
    let tensors: [PickleTensor]
    /// The offset of the first byte behind the pickle.
    let end: Int
}
