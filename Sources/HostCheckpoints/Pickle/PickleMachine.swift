import HostCore

/// Reads a pickle as a list of instructions for building plain data; it has no way to call anything.
///
/// Protocol 2 as `torch.save` writes it, and the few opcodes more of protocols 3 and 4. Time and memory are linear in
/// the bytes read: lengths are compared with the bytes left, containers are shared by position, and all there is of
/// anything is counted.
///
/// - Source: CPython `Lib/pickletools.py` for the opcodes; `torch/_weights_only_unpickler.py` for those that occur.
struct PickleMachine {
    let subject: String
    var position: Int
    var stack: [PickleValue] = []
    /// Stack heights at each MARK that is still open.
    var marks: [Int] = []
    var memo: [Int: PickleValue] = [:]
    var containers: [PickleContainer] = []
    var storages: [PickleStorage] = []
    var tensors: [PickleTensor] = []
    /// How many items were put into containers, or read out of them, so far.
    var itemCount = 0

    /// Far above what the largest models need (16 values and 40 items for each tensor), far below what hurts.
    static let maximumCount = 1 << 20
    static let maximumItemCount = 1 << 23
    static let maximumSize = 64 << 20

    /// Reads one pickle that begins at `start`.
    ///
    /// - Throws: `LoadError.forbidden` for any name or opcode that tensors do not need, before anything else happens;
    ///   `.truncated` or `.corrupt` for a damaged pickle.
    static func run(_ bytes: RawSpan, at start: Int, subject: String) throws(LoadError) -> PickleResult {
        let bytes = bytes.extracting(..<min(bytes.byteCount, start + maximumSize))
        var machine = PickleMachine(subject: subject, position: start)
        while true {
            let opcode = try machine.byte(bytes)
            if opcode == UInt8(ascii: ".") { break }
            try machine.execute(opcode, bytes)
            try machine.checkSize()
        }
        return PickleResult(
            root: try machine.pop(), containers: machine.containers, storages: machine.storages,
            tensors: machine.tensors, end: machine.position)
    }

    private mutating func execute(_ opcode: UInt8, _ bytes: RawSpan) throws(LoadError) {
        switch opcode {
        case 0x80: try checkProtocol(bytes)
        case 0x95: _ = try integer(bytes, UInt64.self)
        case UInt8(ascii: "N"): stack.append(.none)
        case 0x88: stack.append(.bool(true))
        case 0x89: stack.append(.bool(false))
        case UInt8(ascii: "J"): stack.append(.int(Int(try integer(bytes, Int32.self))))
        case UInt8(ascii: "K"): stack.append(.int(Int(try integer(bytes, UInt8.self))))
        case UInt8(ascii: "M"): stack.append(.int(Int(try integer(bytes, UInt16.self))))
        case 0x8A: stack.append(.int(try longInteger(bytes)))
        case UInt8(ascii: "G"):
            stack.append(.float(Double(bitPattern: try integer(bytes, UInt64.self).byteSwapped)))
        case UInt8(ascii: "X"): stack.append(.string(try string(bytes, Int(try integer(bytes, UInt32.self)))))
        case 0x8C, UInt8(ascii: "U"): stack.append(.string(try string(bytes, Int(try integer(bytes, UInt8.self)))))
        case 0x8D: stack.append(.string(try string(bytes, Int(clamping: try integer(bytes, UInt64.self)))))
        case UInt8(ascii: "T"): stack.append(.string(try string(bytes, Int(try integer(bytes, Int32.self)))))
        case UInt8(ascii: "c"): try pushGlobal(module: try line(bytes), name: try line(bytes))
        case 0x93: try pushNamedGlobal()
        case UInt8(ascii: "Q"): try pushStorage()
        case UInt8(ascii: "R"): try reduce()
        case 0x81: try newObject()
        case UInt8(ascii: "b"): try build()
        default: try executeContainerOpcode(opcode, bytes)
        }
    }

    private mutating func executeContainerOpcode(_ opcode: UInt8, _ bytes: RawSpan) throws(LoadError) {
        switch opcode {
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: "}"): push(PickleContainer(kind: .dictionary))
        case UInt8(ascii: "]"): push(PickleContainer(kind: .list))
        case UInt8(ascii: ")"): push(PickleContainer(kind: .tuple))
        case 0x8F: push(PickleContainer(kind: .set))
        case UInt8(ascii: "t"): push(PickleContainer(kind: .tuple, items: try popToMark()))
        case 0x85...0x87: push(PickleContainer(kind: .tuple, items: try pop(Int(opcode - 0x84))))
        case UInt8(ascii: "a"): try append(try pop(1))
        case UInt8(ascii: "e"), 0x90: try append(try popToMark())
        case UInt8(ascii: "s"): try setItems(try pop(2))
        case UInt8(ascii: "u"): try setItems(try popToMark())
        case UInt8(ascii: "q"): try put(Int(try integer(bytes, UInt8.self)))
        case UInt8(ascii: "r"): try put(Int(try integer(bytes, UInt32.self)))
        case 0x94: try put(memo.count)
        case UInt8(ascii: "h"): try get(Int(try integer(bytes, UInt8.self)))
        case UInt8(ascii: "j"): try get(Int(try integer(bytes, UInt32.self)))
        default: throw refused(opcode)
        }
    }

    private func checkSize() throws(LoadError) {
        let largest = max(stack.count, marks.count, memo.count, containers.count, storages.count)
        guard largest <= Self.maximumCount, itemCount <= Self.maximumItemCount else {
            throw corrupt("more values than any model needs")
        }
    }

    private func refused(_ opcode: UInt8) -> LoadError {
        let named: [UInt8: String] = [
            UInt8(ascii: "i"): "INST", UInt8(ascii: "o"): "OBJ", UInt8(ascii: "P"): "PERSID", 0x82: "EXT1",
            0x83: "EXT2", 0x84: "EXT4", 0x92: "NEWOBJ_EX",
        ]
        if let name = named[opcode] {
            return LoadError(
                .forbidden, subject, "the pickle uses the opcode \(name), which builds objects; refused unread",
                advice: "If you trust where the file came from, save only its state dict of tensors again.")
        }
        return corrupt("opcode 0x\(String(opcode, radix: 16)) is not one that checkpoints use")
    }

    private mutating func checkProtocol(_ bytes: RawSpan) throws(LoadError) {
        let version = try integer(bytes, UInt8.self)
        guard (2...5).contains(version) else { throw corrupt("pickle protocol \(version), expected 2 to 5") }
    }
}

// What the opcodes read.
extension PickleMachine {
    func corrupt(_ problem: String) -> LoadError {
        LoadError(
            .corrupt, subject, "the pickle is damaged at byte \(position): \(problem)",
            advice: "Download or copy the file again.")
    }

    private func cut() -> LoadError {
        LoadError(
            .truncated, subject, "the pickle ends at byte \(position), in the middle of something",
            advice: "Download or copy the file again.")
    }

    fileprivate mutating func byte(_ bytes: RawSpan) throws(LoadError) -> UInt8 { try integer(bytes, UInt8.self) }

    fileprivate mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: RawSpan, _ type: Value.Type
    ) throws(LoadError) -> Value {
        guard let value = bytes.integer(at: position, as: type) else { throw cut() }
        position += MemoryLayout<Value>.size
        return value
    }

    /// A number of up to 64 bits; sizes, offsets and trainers' counters need no more.
    fileprivate mutating func longInteger(_ bytes: RawSpan) throws(LoadError) -> Int {
        let length = Int(try integer(bytes, UInt8.self))
        guard length <= 8 else { throw corrupt("an integer of \(length) bytes, expected at most 8") }
        guard let digits = bytes.array(position..<position + length) else { throw cut() }
        position += length
        guard let last = digits.last else { return 0 }
        let sign = last & 0x80 != 0 ? -1 : 0
        return digits.reversed().reduce(sign) { $0 << 8 | Int($1) }
    }

    fileprivate mutating func string(_ bytes: RawSpan, _ length: Int) throws(LoadError) -> String {
        guard length >= 0, length <= bytes.byteCount - position else { throw cut() }
        guard let text = bytes.array(position..<position + length), let string = String(validating: text, as: UTF8.self)
        else { throw corrupt("a text is not valid UTF-8") }
        position += length
        return string
    }

    /// A line of a GLOBAL opcode.
    fileprivate mutating func line(_ bytes: RawSpan) throws(LoadError) -> String {
        var text: [UInt8] = []
        while true {
            let byte = try byte(bytes)
            if byte == UInt8(ascii: "\n") { break }
            guard text.count < 512 else { throw corrupt("a name of more than 512 bytes") }
            text.append(byte)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
