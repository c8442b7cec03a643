extension PageText {
    static let style = #"""
        body { margin: 0; }
        """#
}
