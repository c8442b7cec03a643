/// What a key press means to a line that is being typed.
enum Key: Equatable {
    case text(Character)
    case enter, left, right, up, down, home, end, backspace, delete, deleteWord, deleteToStart, deleteToEnd
    /// Ctrl-C, and Ctrl-D.
    case interrupt, endOfInput
}

/// A line that is being typed, with those typed before it; knows nothing of terminals.
struct LineEditor {
    enum Outcome: Equatable { case editing, line(String), interrupted, endOfInput }

    private(set) var text: [Character] = []
    private(set) var cursor = 0
    private var history: [String] = []
    /// Which line of the history shows; its count is the line being typed.
    private var shown = 0
    private var draft: [Character] = []

    private static let maximumHistory = 500

    mutating func press(_ key: Key) -> Outcome {
        switch key {
        case .text(let character):
            text.insert(character, at: cursor)
            cursor += 1
        case .enter: return .line(take())
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(text.count, cursor + 1)
        case .home: cursor = 0
        case .end: cursor = text.count
        case .up: show(shown - 1)
        case .down: show(shown + 1)
        case .backspace: remove(max(0, cursor - 1)..<cursor)
        case .delete: remove(cursor..<min(text.count, cursor + 1))
        case .deleteWord: remove(wordStart..<cursor)
        case .deleteToStart: remove(0..<cursor)
        case .deleteToEnd: remove(cursor..<text.count)
        case .interrupt:
            if text.isEmpty { return .interrupted }
            remove(0..<text.count)
        case .endOfInput:
            if text.isEmpty { return .endOfInput }
            remove(cursor..<min(text.count, cursor + 1))
        }
        return .editing
    }

    private mutating func take() -> String {
        let line = String(text)
        if !line.isEmpty, history.last != line { history.append(line) }
        if history.count > LineEditor.maximumHistory { history.removeFirst() }
        (text, draft, cursor, shown) = ([], [], 0, history.count)
        return line
    }

    private mutating func show(_ index: Int) {
        guard 0...history.count ~= index else { return }
        if shown == history.count { draft = text }
        shown = index
        text = index == history.count ? draft : Array(history[index])
        cursor = text.count
    }

    private mutating func remove(_ range: Range<Int>) {
        text.removeSubrange(range)
        cursor = range.lowerBound
    }

    private var wordStart: Int {
        var start = cursor
        while start > 0, text[start - 1].isWhitespace { start -= 1 }
        while start > 0, !text[start - 1].isWhitespace { start -= 1 }
        return start
    }
}
