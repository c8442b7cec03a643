/// One line on a terminal that tells what is going on; silent where nobody watches.
struct StatusLine {
    func show(_ text: String) {
        if Terminal.isInteractive { Terminal.replaceLine(by: "\(text) …") }
    }

    func clear() {
        if Terminal.isInteractive { Terminal.replaceLine(by: "") }
    }
}
