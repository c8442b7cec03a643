/// What the client is not to see of an answer's first characters.
package struct AnswerBeginning: Sendable {
    /// Whether white space is cut off.
    private var stripsLeadingSpace: Bool
    /// Whether a `>` goes too, as the end of a tag that the prompt left open.
    private var cutsTagEnd: Bool

    package init(stripsLeadingSpace: Bool = false, cutsTagEnd: Bool = false) {
        self.stripsLeadingSpace = stripsLeadingSpace
        self.cutsTagEnd = cutsTagEnd
    }

    /// What of the answer's next piece is shown.
    package mutating func visible(_ piece: String) -> String {
        guard stripsLeadingSpace else { return piece }
        var rest = piece.drop { $0.isWhitespace }
        if cutsTagEnd, let first = rest.first {
            cutsTagEnd = false
            if first == ">" { rest = rest.dropFirst().drop { $0.isWhitespace } }
        }
        if !rest.isEmpty { stripsLeadingSpace = false }
        return String(rest)
    }
}
