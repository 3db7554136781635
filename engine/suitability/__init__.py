"""What the client may hold: rules as data, questionnaire, product shelf and the gate before any plan."""
