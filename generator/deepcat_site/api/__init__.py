"""What machines read: JSON, feeds, badges, research objects. Pure: values in, text out."""
