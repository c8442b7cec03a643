// The harness of libFuzzer for JSON: what every request, settings file and header of weights is read with.
import Foundation
import HostCore

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    do {
        let value = try JSONValue(parsing: input)
        check(value)
        checkSurroundings(value, input)
        checkAgainstFoundation(value, input)
    } catch let error as JSONError {
        precondition((0...input.count).contains(error.offset), "the position lies outside of the text")
        precondition(!error.problem.isEmpty)
        // What does not parse does not parse inside of a list either.
        precondition((try? JSONValue(parsing: [0x5B] + input + [0x5D], maximumDepth: 65)) == nil || isList(input))
    } catch {
        preconditionFailure("\(error)")
    }
    return 0
}

/// A value is read back the same from each of its spellings, and is spelled the same again.
private func check(_ value: JSONValue) {
    for style in [JSONValue.Style.compact, .python, .pretty] {
        let bytes = value.encodedBytes(style)
        guard let again = try? JSONValue(parsing: bytes) else { preconditionFailure("the host's own JSON is refused") }
        precondition(again == value, "the value changes on its way")
        precondition(again.hashValue == value.hashValue)
        precondition(again.encodedBytes(style) == bytes)
        precondition(bytes.elementsEqual(value.encoded(style).utf8))
        precondition(style != .python || bytes.allSatisfy { $0 < 0x80 })
    }
}

/// White space around a value changes nothing, anything else behind it is an error, and depth is counted.
private func checkSurroundings(_ value: JSONValue, _ input: [UInt8]) {
    precondition((try? JSONValue(parsing: Array(" \n\t\r".utf8) + input + [0x20])) == value)
    precondition((try? JSONValue(parsing: input + Array(" x".utf8))) == nil)
    precondition((try? JSONValue(parsing: input, maximumDepth: 1000)) == value)
    precondition((try? JSONValue(parsing: [0x5B] + input + [0x5D], maximumDepth: 65)) == .array([value]))
    precondition((try? JSONValue(parsing: input, maximumDepth: depth(value))) == value)
    if depth(value) > 0 { precondition((try? JSONValue(parsing: input, maximumDepth: depth(value) - 1)) == nil) }
}

private func depth(_ value: JSONValue) -> Int {
    switch value {
    case .array(let values): 1 + (values.map(depth).max() ?? 0)
    case .object(let object): 1 + (object.members.map { depth($0.value) }.max() ?? 0)
    default: 0
    }
}

/// Several values with commas between them are a list, though no value.
private func isList(_ input: [UInt8]) -> Bool {
    input.contains(UInt8(ascii: ",")) || input.allSatisfy { [0x20, 0x0A, 0x0D, 0x09].contains($0) }
}

/// Another reader takes all that this one takes, and sees the same.
private func checkAgainstFoundation(_ value: JSONValue, _ input: [UInt8]) {
    guard let other = try? JSONSerialization.jsonObject(with: Data(input), options: .fragmentsAllowed) else {
        preconditionFailure("Foundation refuses what the host reads")
    }
    precondition(isSame(value, other), "Foundation reads something else")
}

private func isSame(_ value: JSONValue, _ other: Any) -> Bool {
    switch value {
    case .null: other is NSNull
    case .bool(let value): (other as? Bool) == value
    case .integer(let value): (other as? NSNumber)?.int64Value == Int64(value)
    // Numbers near the ends of the range of a Double are read less exactly there.
    case .number(let value): (other as? NSNumber).map { abs($0.doubleValue - value) <= abs(value) * 1e-9 + 1e-290 } ?? false
    case .float32: false
    // Foundation drops byte order marks.
    case .string(let value):
        (other as? String)?.utf8.elementsEqual(value.utf8) ?? false || value.unicodeScalars.contains("\u{FEFF}")
    case .array(let values):
        (other as? [Any]).map { $0.count == values.count && zip(values, $0).allSatisfy { isSame($0, $1) } } ?? false
    // Foundation takes keys for one that Unicode holds equal, so only the kind and, where they are ASCII, the count are compared.
    case .object(let object):
        (other as? [String: Any]).map { $0.count == object.count || !object.keys.allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } } }
            ?? false
    }
}
