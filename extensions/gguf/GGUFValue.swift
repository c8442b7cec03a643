import HostCore

/// A value of the header; lists are only located, and read when they are asked for.
enum GGUFValue: Sendable {
    case integer(Int)
    case number(Double)
    case flag(Bool)
    case text(String)
    case list(GGUFType, count: Int, position: Int)

    var integer: Int? { if case .integer(let value) = self { value } else { nil } }

    var number: Double? { if case .number(let value) = self { value } else { integer.map(Double.init) } }

    var text: String? { if case .text(let value) = self { value } else { nil } }
}

/// The types of values, by their numbers in the file.
enum GGUFType: UInt32, Sendable {
    case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

    /// Bytes of a value; nil for those whose length stands before them.
    var size: Int? {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        case .string, .array: nil
        }
    }
}

extension ByteReader {
    /// The longest text that a header has is a chat template.
    private static let greatestTextLength = 1 << 20
    /// More than any vocabulary or list of merges has.
    private static let greatestListCount = 1 << 22
    private static let greatestDepth = 4

    mutating func type(_ what: String) throws(LoadError) -> GGUFType {
        let number = try integer(UInt32.self, "the type of \(what)")
        guard let type = GGUFType(rawValue: number) else { throw corrupt("\(what) is of the unknown type \(number)") }
        return type
    }

    /// A text with its length before it.
    mutating func text(upTo greatest: Int = Self.greatestTextLength, _ what: String) throws(LoadError) -> String {
        try text(try count(UInt64.self, upTo: greatest, "the length of \(what)"), what)
    }

    mutating func value(_ type: GGUFType, _ what: String) throws(LoadError) -> GGUFValue {
        switch type {
        case .uint8: .integer(Int(try integer(UInt8.self, what)))
        case .int8: .integer(Int(try integer(Int8.self, what)))
        case .uint16: .integer(Int(try integer(UInt16.self, what)))
        case .int16: .integer(Int(try integer(Int16.self, what)))
        case .uint32: .integer(Int(try integer(UInt32.self, what)))
        case .int32: .integer(Int(try integer(Int32.self, what)))
        case .int64: .integer(Int(try integer(Int64.self, what)))
        case .uint64: try whole(integer(UInt64.self, what))
        case .float32: .number(Double(Float(bitPattern: try integer(UInt32.self, what))))
        case .float64: .number(Double(bitPattern: try integer(UInt64.self, what)))
        case .bool: .flag(try integer(UInt8.self, what) != 0)
        case .string: .text(try text(what))
        case .array: try list(what)
        }
    }

    private func whole(_ value: UInt64) -> GGUFValue { Int(exactly: value).map { .integer($0) } ?? .number(Double(value)) }

    private mutating func list(_ what: String) throws(LoadError) -> GGUFValue {
        let element = try type(what)
        let count = try count(UInt64.self, upTo: Self.greatestListCount, "the length of \(what)")
        let start = position
        try skip(element, count, what, depth: 1)
        return .list(element, count: count, position: start)
    }

    private mutating func skip(_ element: GGUFType, _ count: Int, _ what: String, depth: Int) throws(LoadError) {
        if let size = element.size {
            try take(count * size, what)
        } else if element == .string {
            for _ in 0..<count { try take(try self.count(UInt64.self, upTo: file.count, "the length of a text of \(what)"), what) }
        } else {
            guard depth < Self.greatestDepth else { throw corrupt("\(what) holds lists in lists in lists") }
            for _ in 0..<count {
                let inner = try type(what)
                let innerCount = try self.count(UInt64.self, upTo: Self.greatestListCount, "the length of \(what)")
                try skip(inner, innerCount, what, depth: depth + 1)
            }
        }
    }
}
