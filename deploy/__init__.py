"""What a team deploys: rules, chart, compose; the parts of it that code builds."""
