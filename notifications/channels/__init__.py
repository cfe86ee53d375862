"""One module per way out. Importing this package registers the adapters that ship with the product."""

from notifications.channels import email, sandbox, sms_twilio

__all__ = ["email", "sandbox", "sms_twilio"]
