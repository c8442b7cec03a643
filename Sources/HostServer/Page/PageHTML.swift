extension PageText {
    static let html = #"""
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>ModelHost</title></head><body></body></html>
        """#
}
