import Foundation
import HostCore

/// Lines that a person types, or that a file holds.
final class LineInput {
    enum Line: Equatable { case text(String), interrupted, end }

    private let terminal = RawTerminal()
    private var editor = LineEditor()
    private var keys = KeyReader()

    /// Whether a person types.
    var isTerminal: Bool { terminal != nil }

    /// The next line, without its end; waits for it.
    func next(prompt: String) -> Line {
        guard let terminal else { return readLine().map(Line.text) ?? .end }
        defer { Terminal.control("\r\n") }
        return terminal.during {
            draw(prompt, on: terminal)
            while let byte = terminal.byte() {
                for key in keys.keys(byte) {
                    switch editor.press(key) {
                    case .editing: continue
                    case .line(let line): return .text(line)
                    case .interrupted: return .interrupted
                    case .endOfInput: return .end
                    }
                }
                draw(prompt, on: terminal)
            }
            return .end
        }
    }

    /// The part of the line around the cursor that fits into the window.
    private func draw(_ prompt: String, on terminal: RawTerminal) {
        let room = max(8, terminal.width - prompt.count - 1)
        var start = editor.cursor, width = 0
        while start > 0, width + editor.text[start - 1].columns <= room { start -= 1; width += editor.text[start].columns }
        var end = editor.cursor, behind = 0
        while end < editor.text.count, width + behind + editor.text[end].columns <= room { behind += editor.text[end].columns; end += 1 }
        let text = String(editor.text[start..<end].map { $0 == "\n" ? "⏎" : $0 == "\t" ? " " : $0 }).escaped(keepsLines: false)
        Terminal.control("\r\u{1B}[K\(prompt)\(text)\(behind > 0 ? "\u{1B}[\(behind)D" : "")")
    }
}

extension Character {
    /// Columns that a terminal gives it: 2 for East Asian wide characters and pictures.
    ///
    /// - Source: Unicode Standard Annex 11, the wide ranges that are common in text.
    fileprivate var columns: Int {
        guard let first = unicodeScalars.first else { return 0 }
        switch first.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}
