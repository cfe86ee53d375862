"""What a past or made-up order's messages would be, without sending or keeping anything."""
