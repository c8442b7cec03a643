// The harness of libFuzzer for preset files; run.sh compiles it together with their source.
import HostCore

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    let preset = parsed(text)
    precondition(parsed(text + "\n# the end") == preset, "a comment changes the preset")
    if text.unicodeScalars.first != "\u{FEFF}" { precondition(parsed("\u{FEFF}" + text) == preset, "a byte order mark changes it") }
    if !text.unicodeScalars.contains("\r") {
        let windows = text.unicodeScalars.reduce(into: "") { $0 += $1 == "\n" ? "\r\n" : String($1) }
        precondition(parsed(windows) == preset, "line ends change the preset")
    }
    if let preset { check(preset) }
    return 0
}

/// Nil for a text that is refused, with the reason in words.
private func parsed(_ text: String) -> JSONObject? {
    do throws(APIError) {
        return try PresetFile.parse(text, name: "input")
    } catch {
        precondition(error.status == 400 && error.param == "preset" && error.message.contains("\"input\""))
        return nil
    }
}

/// A preset written plainly is read the same again.
private func check(_ preset: JSONObject) {
    var text = ""
    for (key, value) in preset.members {
        guard !key.isEmpty, key.utf8.allSatisfy({ (0x61...0x7A).contains($0 | 0x20) || $0 == 0x5F }) else { return }
        if let items = value.arrayValue, !items.isEmpty {
            text += "\(key):\n" + items.map { "- \($0.encoded(.python))\n" }.joined()
        } else {
            text += "\(key): \(value.encoded(.python))\n"
        }
    }
    precondition(parsed(text) == preset, "a preset changes on its way")
}
