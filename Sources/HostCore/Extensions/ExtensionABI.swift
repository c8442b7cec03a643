/// What an extension and a host must have in common before one calls the other.
public enum ExtensionABI {
    /// The number of the interface and the compiler's version, such as `modelhost-extension 2, Swift 6.3`.
    ///
    /// The value is copied into the extension when that is compiled, so a library says what it was made for. The number
    /// goes up when a change of HostCore would break compiled extensions; library evolution takes care of all others.
    @export(implementation)
    public static var stamp: StaticString {
        #if compiler(>=6.5)
            "modelhost-extension 2, Swift 6.5 or later"
        #elseif compiler(>=6.4)
            "modelhost-extension 2, Swift 6.4"
        #elseif compiler(>=6.3)
            "modelhost-extension 2, Swift 6.3"
        #else
            "modelhost-extension 2, Swift before 6.3"
        #endif
    }
}
