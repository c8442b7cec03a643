/// One line on a terminal that tells what is going on; silent where nobody watches.
struct StatusLine {
    func show(_ text: String) {
        if Terminal.isInteractive { Terminal.err("\r\u{1B}[K\(text) …", terminator: "") }
    }

    func clear() {
        if Terminal.isInteractive { Terminal.err("\r\u{1B}[K", terminator: "") }
    }
}
