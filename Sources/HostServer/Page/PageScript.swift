extension PageText {
    static let script = #"""
        "use strict";
        """#
}
