import HostCore

extension Deployment {
    /// A unit; `systemd-analyze verify` finds nothing in it.
    var systemd: String {
        """
        # /etc/systemd/system/modelhost.service
        #
        # The bundle in /opt/modelhost, weights in \(Deployment.models), the key as the only line of \(Deployment.key)
        # (mode 600). Then: systemctl daemon-reload && systemctl enable --now modelhost
        [Unit]
        Description=ModelHost, a host for RWKV language models
        After=network-online.target
        Wants=network-online.target

        [Service]
        Type=exec
        ExecStart=\(command)
        LoadCredential=api-key:\(Deployment.key)
        Restart=on-failure
        # It finishes the texts that run.
        KillSignal=SIGTERM
        TimeoutStopSec=\(stopSeconds)

        # A user of its own, who may write below /var/lib/modelhost and nowhere else.
        DynamicUser=yes
        StateDirectory=modelhost
        WorkingDirectory=/var/lib/modelhost
        NoNewPrivileges=yes
        ProtectSystem=strict
        ProtectHome=yes
        PrivateTmp=yes
        ProtectKernelTunables=yes
        ProtectKernelModules=yes
        ProtectControlGroups=yes
        RestrictSUIDSGID=yes
        RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
        LockPersonality=yes
        # A card needs its devices; without one, this hides them.
        # PrivateDevices=yes
        # The host keeps to a quarter of this for its clients, and loads no model that does not fit.
        # MemoryMax=8G

        [Install]
        WantedBy=multi-user.target
        """
    }

    /// As systemd reads it: quoted, with its own percent and dollar signs taken as such.
    private var command: String {
        ([Deployment.program] + arguments(key: nil)).map { word in
            JSONValue.string(word).encoded().replacing("%", with: "%%").replacing("$", with: "$$")
        }.joined(separator: " \\\n    ") + " \\\n    \"--api-key-file=%d/api-key\""
    }
}
