// The harness of libFuzzer for the files that people write by hand, and for pictures of characters.
import HostCore

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    picture(bytes)
    let text = String(decoding: bytes, as: UTF8.self)
    let object = parsed(text)
    // Every text ends with a line end, so that what is added to it is a line of its own.
    let lines = text + "\n", whole = parsed(lines)
    if text.utf8.last != UInt8(ascii: "\\"), !text.contains("|+"), !text.contains(">+") {
        precondition(parsed(lines + "# the end\n") == whole, "a comment changes the values")
    }
    if text.unicodeScalars.first != "\u{FEFF}" { precondition(parsed("\u{FEFF}" + text) == object, "a byte order mark changes them") }
    if !text.unicodeScalars.contains("\r") {
        let windows = text.unicodeScalars.reduce(into: "") { $0 += $1 == "\n" ? "\r\n" : String($1) }
        precondition(parsed(windows) == object, "line ends change the values")
    }
    if let object { precondition(parsed(YAMLWriter.text(object)) == object, "values change on their way") }
    return 0
}

/// Nil for a text that is refused, with a line of it.
private func parsed(_ text: String) -> JSONObject? {
    do {
        return try YAMLParser.object(text)
    } catch {
        precondition(error.line >= 1 && error.line <= text.utf8.count + 1 && !error.problem.isEmpty)
        return nil
    }
}

/// Nothing that calls itself a picture traps.
private func picture(_ bytes: [UInt8]) {
    do {
        _ = try CharacterPNG.card(in: bytes)
    } catch {
        precondition(!error.text.isEmpty)
    }
    let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    if !bytes.starts(with: signature) { _ = try? CharacterPNG.card(in: signature + bytes) }
}
