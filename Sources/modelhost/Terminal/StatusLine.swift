/// One line on a terminal that says what is going on; silent where no one watches.
struct StatusLine {
    func show(_ text: String) {
        if Terminal.isInteractive { Terminal.replaceLine(by: "\(text) …") }
    }

    func clear() {
        if Terminal.isInteractive { Terminal.replaceLine(by: "") }
    }
}
